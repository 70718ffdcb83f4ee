/** Examples of each command: a line to type, and what it does. Help and the manual page show them. */

export type Example = readonly [line: string, doc: string];

export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  check: [
    ['dma-lens check drivers/media', 'the drivers of a folder'],
    ['dma-lens check --kernel 4.4 foo.c', 'as if for Linux 4.4'],
    ['dma-lens check --format sarif drivers > report.sarif', 'for a code scanning service'],
    ['dma-lens check --baseline known.json --update-baseline drivers', 'record what is there today'],
    ['dma-lens check --baseline known.json drivers', 'and report only what is new'],
    ['dma-lens check --diff origin/master... drivers', 'lines changed since the branch began'],
    ['git diff | dma-lens check --diff -', 'lines changed by a patch that is applied'],
    ['dma-lens check --fix drivers/crypto', 'apply the fixes that are right mechanically'],
    ['make C=1 CHECK="dma-lens check --kbuild"', 'while the kernel is built'],
  ],
  simulate: [
    ['dma-lens simulate --segments 64K,16K,64K', 'three entries behind an IOMMU of today'],
    [
      'dma-lens simulate --backend direct,arm-iommu --segments 64K@0x80000000,16K',
      'two platforms, the first entry placed',
    ],
    ['dma-lens simulate --backend direct,swiotlb --segments 64K,16K --format svg > layouts.svg', 'as a picture'],
    ['dma-lens simulate --search contiguous-size --shape user-pages --kernel 4.4', 'the smallest list that breaks it'],
    ['dma-lens simulate --history history.json', 'several mappings one after the other'],
    ['dma-lens simulate --vectors recording.jsonl', 'replay a recording of a real kernel'],
  ],
  trace: [
    ['dma-lens trace trace.txt', 'what a driver mapped, and where it would break'],
    ['dma-lens trace trace.txt --format html --output trace.html', 'as a page'],
    ['trace-cmd report trace.dat | dma-lens trace -', 'from a recording of trace-cmd'],
  ],
  'record-script': [
    ['dma-lens record-script --device 0000:00:01.0 > record-dma.sh', 'the mappings of one device'],
    ['dma-lens record-script --stacks --seconds 5 > record-dma.sh', 'and who maps, for five seconds'],
  ],
  explain: [['dma-lens explain contiguity-required', 'the why, a wrong and a right example']],
  rules: [['dma-lens rules --format json', 'for programs']],
  platforms: [['dma-lens platforms', 'a star marks the default set']],
  merge: [
    ['dma-lens check --shard 1/2 --format sarif drivers > 1.sarif', 'on one machine'],
    ['dma-lens check --shard 2/2 --format sarif drivers > 2.sarif', 'on another one'],
    ['dma-lens merge 1.sarif 2.sarif > report.sarif', 'the same as without shards'],
  ],
  debug: [
    ['dma-lens debug facts drivers/foo.c', 'what the analysis sees, for people who work on it'],
    ['dma-lens debug errors drivers/media', 'the functions that could not be read in full'],
  ],
  completion: [
    ['source <(dma-lens completion bash)', 'in this shell'],
    ['dma-lens completion fish > ~/.config/fish/completions/dma-lens.fish', 'for good'],
  ],
  lsp: [['dma-lens lsp --stdio', 'what an editor starts']],
};

/** The examples of a command as they stand below its help; empty when it has none. */
export function examplesText(command: string): string {
  const examples = EXAMPLES[command] ?? [];
  if (examples.length === 0) return '';
  return `\nExamples:\n${examples.map(([line, doc]) => `  # ${doc}\n  ${line}`).join('\n')}`;
}
