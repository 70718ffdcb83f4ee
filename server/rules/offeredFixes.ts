/** Fixes that are offered and never applied by themselves: their titles say what the author must decide. */

import type { FileFacts, FunctionFacts } from '../facts/facts';
import type { CallFact } from '../facts/flow';
import { type Fix, isAtLeast, type Span, type TextEdit } from '../types';
import { beginsStatement, hasMoreToUndo, layoutAt } from './insertTest';

/** A list as the code names it: `sgt->sgl` of the table `sgt`. */
interface NamedTable {
  /** A pointer to the table: `sgt`, `&buf->table`. */
  readonly pointer: string;
  /** A field of it: `sgt->nents`. */
  readonly field: (name: string) => string;
}

/** Refuses, in front of the statement that reads the first address at `read`, a list that is not one range. */
export function refuseScattered(
  fn: FunctionFacts,
  file: FileFacts,
  read: Span,
  map: CallFact | undefined,
): readonly Fix[] {
  const leave = refusalOf(fn);
  const table = tableIn(file.text(read));
  if (leave === undefined) return [];
  const measured = table && map === undefined ? contiguousSize(fn, file, table) : undefined;
  if (measured !== undefined) {
    const edit = insertBefore(file, read.start, [`if (${measured})`, `\t${leave}`]);
    return offer('Refuse buffers that are not one range; what must be undone first is for you to say', edit);
  }
  const counted = map && countedTest(file, map, table);
  if (!map || !counted || hasMoreToUndo(fn, map)) return [];
  const { test, release } = counted;
  const edit = insertBefore(file, read.start, [`if (${test}) {`, `\t${release};`, `\t${leave}`, '}']);
  return offer(
    `Unmap and ${leave.slice(0, -1)} where there are several segments; what to do with them instead is for you to say`,
    edit,
  );
}

/** Compares the leading range with the size of the buffer where `test` asks for one segment. */
export function measureInstead(fn: FunctionFacts, file: FileFacts, test: Span): readonly Fix[] {
  const [, name, arrow] = /^([\w>.-]+?)(->|\.)nents\s*(?:!=|>)\s*1$/.exec(file.text(test).trim()) ?? [];
  if (name === undefined || arrow === undefined) return [];
  const measured = contiguousSize(fn, file, namedTable(name, arrow));
  return offer(
    'Take several segments that follow each other; whether the device can is for you to say',
    measured === undefined ? undefined : { span: test, newText: measured },
  );
}

/** Declares the longest segment that the device takes, in front of the call that sets its mask. */
export function declareLimit(file: FileFacts, bytes: number): readonly Fix[] {
  for (const { flow } of file.functions) {
    const mask = flow.calls.find((call) => /^dma_set_mask(?:_and_coherent)?$/.test(call.call.name ?? ''));
    const device = mask?.call.args[0];
    if (!mask || !device) continue;
    const size = bytes % 1024 === 0 && (bytes & (bytes - 1)) === 0 ? `SZ_${bytes / 1024}K` : String(bytes);
    const edit = insertBefore(file, mask.call.span.start, [
      `dma_set_max_seg_size(${file.text(device.span)}, ${size});`,
    ]);
    return offer(`Declare the limit in ${flow.ir.name}(); whether the device takes no more is for you to say`, edit);
  }
  return [];
}

function offer(title: string, edit: TextEdit | undefined): readonly Fix[] {
  return edit ? [{ title, automatic: false, edits: [edit] }] : [];
}

/** How the function says that it fails; undefined where that is not known. */
function refusalOf({ flow }: FunctionFacts): string | undefined {
  if (/^(?:static\s+|inline\s+)*int$/.test(flow.ir.returnType)) return 'return -EINVAL;';
  return /\bstruct\s+\w+\s*\*$/.test(flow.ir.returnType) ? 'return ERR_PTR(-EINVAL);' : undefined;
}

/** The table in `sg_dma_address(sgt->sgl)`. */
function tableIn(read: string): NamedTable | undefined {
  const [, name, arrow] = /^sg_dma_address\(([\w>.-]+?)(->|\.)sgl\)$/.exec(read) ?? [];
  return name === undefined || arrow === undefined ? undefined : namedTable(name, arrow);
}

function namedTable(name: string, arrow: string): NamedTable {
  return { pointer: arrow === '->' ? name : `&${name}`, field: (field) => `${name}${arrow}${field}` };
}

/** DRM drivers have a function that measures, since 5.10, and attachments know how large their buffer is. */
function contiguousSize({ flow }: FunctionFacts, file: FileFacts, table: NamedTable): string | undefined {
  const attachment = flow.ir.params.find((one) => /\bstruct dma_buf_attachment\b/.test(one.type) && one.pointers === 1);
  const isDrm = flow.ir.params.some((one) => /\bstruct drm_/.test(one.type));
  if (!attachment || !isDrm || !isAtLeast(file.kernel, 5, 10)) return undefined;
  return `drm_prime_get_contiguous_size(${table.pointer}) < ${attachment.name}->dmabuf->size`;
}

/** The test of the mapped count, and the call that undoes the mapping. */
function countedTest(
  file: FileFacts,
  map: CallFact,
  table: NamedTable | undefined,
): { readonly test: string; readonly release: string } | undefined {
  const args = map.call.args.map((arg) => file.text(arg.span)).join(', ');
  if (map.call.name !== 'dma_map_sgtable' || !table) return undefined;
  return { test: `${table.field('nents')} != 1`, release: `dma_unmap_sgtable(${args})` };
}

/** Lines in front of the statement around `at`, which is on lines of its own. */
function insertBefore(file: FileFacts, at: number, lines: readonly string[]): TextEdit | undefined {
  const { source } = file;
  let start = at;
  for (let tries = 0; tries < 4; tries++) {
    const lineStart = source.lastIndexOf('\n', start - 1) + 1;
    const { indent, step, newline } = layoutAt(source, lineStart);
    const first = lineStart + indent.length;
    if (beginsStatement(source, first)) {
      const texts = lines.map((line) => indent + line.replace('\t', step) + newline);
      return { span: { start: lineStart, end: lineStart }, newText: texts.join('') };
    }
    start = lineStart - 1;
  }
  return undefined;
}
