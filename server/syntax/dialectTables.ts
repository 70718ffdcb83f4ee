/** Words of kernel C that the C grammar cannot read. Learning one means adding it here and a line in its test. */

/** Annotations without arguments: blanked. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  '__iomem', '__user', '__kernel', '__force', '__rcu', '__percpu', '__bitwise', '__private', '__nocast', '__safe',
  '__init', '__exit', '__initdata', '__exitdata', '__initconst', '__exitconst', '__devinit', '__devexit', '__devinitdata',
  '__devinitconst', '__cpuinit', '__cpuinitdata', '__meminit', '__memexit', '__meminitdata', '__net_init', '__net_exit',
  '__net_initdata', '__initdata_or_module', '__init_or_module', '__initconst_or_module', '__ref', '__refdata', '__refconst',
  '__sched', '__kprobes', '__always_inline', '__inline', '__inline__', '__must_check', '__maybe_unused', '__always_unused',
  '__used', '__unused', '__packed', '__pure', '__attribute_const__', '__weak', '__cold', '__hot', '__noreturn', '__visible',
  '__malloc', '__deprecated', '__nonstring', '__ro_after_init', '__read_mostly', '__cacheline_aligned',
  '__cacheline_aligned_in_smp', '____cacheline_aligned', '____cacheline_aligned_in_smp', '____cacheline_internodealigned_in_smp',
  '__page_aligned_bss', '__page_aligned_data', '__latent_entropy', '__randomize_layout', '__no_randomize_layout', '__flatten',
  '__noclone', '__no_sanitize_address', '__no_kasan_or_inline', '__no_profile', '__ksym', '__lockfunc', '__overloadable',
  '__designated_init', '__mode', '__extension__', '__restrict', '__restrict__', '__volatile__', '__capability', '__tsan_atomic',
  'noinline', 'noinline_for_stack', 'noinline_for_kasan', 'notrace', 'asmlinkage', 'fastcall', 'nokprobe_inline', 'noinstr', 'STATIC', 'INLINE',
  'INIT', 'DEVINIT', 'EXPORT', 'SISLANDS_PACKED', 'randomized_struct_fields_start', 'randomized_struct_fields_end', '_Noreturn',
  '__dma_from_device_group_begin', '__dma_from_device_group_end', '__signed', '__signed__', '__stdcall', 'CALLBACK', 'PACKED',
]);

/** Annotations with arguments: blanked with their parentheses. */
export const ANNOTATION_CALLS: ReadonlySet<string> = new Set([
  '__attribute__', '__attribute', '__acquires', '__releases', '__must_hold', '__acquire_shared', '__cond_acquires',
  '__printf', '__scanf', '__aligned', '__section', '__free', '__cleanup', '__counted_by', '__counted_by_le', '__counted_by_be',
  '__guarded_by', '__alias', '__copy', '__malloc', '__alloc_size', '__realloc_size', '__assume_aligned', '__no_sanitize', '__diag_ignore_all', '__bpf_kfunc_start_defs', '__aligned_largest', '__no_context_analysis', '__declspec',
  '__class', '_Alignas', 'alignas', '__nonnull', '__error', '__warning', '__compiletime_error', '__compiletime_warning', '__same_type_check', '__element_count', 'ACPI_PRINTF_LIKE', '__format', '__must_hold_shared',
]);

/** Loop macros, by shape: `for_each_sg`, `list_for_each_entry`, `skb_queue_walk_safe`. */
export const LOOP_NAME = /(?:^|_)for_?each(?:_|$)|^for_|^(?:skb|__skb|sk)_queue_(?:reverse_)?walk|^(?:FOR|LIST|SLIST|TAILQ|STAILQ|HLIST)_?(?:_FOR)?_?EACH|_FOREACH|^(?:skb_walk_frags|wait_event_loop|while_each_thread|do_each_thread|htable_for|xa_for_each|idr_for_each_entry|rdma_for_each_port|scsi_for_each_sg|ata_qc_for_each|ata_for_each_dev|sctp_for_each|gadget_for_each_ep|i915_gem_ww_ctx|read_poll|with_intel_|bio_for_each|rq_for_each|nla_for_each|pci_dev_for_each|shost_for_each|usb_hub_for_each|evlist__for)|_for_each_|^(?:each_|mas_for_|mt_for_)/;

/** Macros that open a block which runs once. */
export const SCOPE_NAME = /^(?:scoped_|with_|i915_gem_ww_|for_i915_gem_ww|class_scoped|unsafe_|cond_)/;

/** Words before `(` that make no macro call. */
export const CONTROL: ReadonlySet<string> = new Set([
  'if', 'while', 'for', 'switch', 'return', 'sizeof', 'do', 'else', 'case', 'goto',
  '_Alignof', '__alignof__', 'alignof', 'asm', '__asm__', '_Static_assert', 'static_assert', 'default', 'defined', '_Generic',
]);

/** Words that cannot end a declaration specifier or an expression: what follows is no annotation. */
export const NO_ANNOTATION_AFTER: ReadonlySet<string> = new Set([
  'return', 'case', 'goto', 'else', 'sizeof', 'do', 'struct', 'union', 'enum', 'typeof', 'const', 'static', 'volatile', 'extern', 'inline',
  'register', 'typedef', 'unsigned', 'signed', 'in', 'if', 'while', 'for', 'switch', 'break', 'continue', 'default',
]);

/** Built-in type words: as a macro argument they are written as one name. */
export const TYPE_WORDS: ReadonlySet<string> = new Set([
  'unsigned', 'signed', 'int', 'long', 'short', 'char', 'void', 'float', 'double', '_Bool', 'bool', 'size_t', 'ssize_t',
]);
