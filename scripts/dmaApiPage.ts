/** docs/dma-api.md: the table of DMA interfaces for people. */

import { DMA_API, DMA_API_PARTS, type DmaFunction, type Failure } from '../server/dmaApi';

/** The arguments that the table knows, in the words of the page. */
const ARGUMENTS = [
  ['device', 'device'],
  ['pool', 'pool'],
  ['table', 'table'],
  ['list', 'list'],
  ['count', 'entries'],
  ['address', 'address'],
  ['memory', 'memory'],
  ['offset', 'offset'],
  ['length', 'length'],
  ['iterator', 'iterator'],
  ['direction', 'direction'],
  ['attributes', 'attributes'],
] as const satisfies readonly (readonly [keyof DmaFunction, string])[];

const FAILURES: Readonly<Record<Failure, string>> = {
  zero: '0',
  nonzero: 'not 0',
  negative: 'negative',
  'mapping-error': '`dma_mapping_error()` says so',
  null: '`NULL`',
  'err-ptr': '`IS_ERR()`',
  false: '`false`',
};

export function dmaApiPage(): string {
  const parts = DMA_API_PARTS.map(({ title, rows }) => `## ${title}\n\n${table(rows)}\n`);
  return `# DMA interfaces

What DMA Lens knows of ${DMA_API.length} functions and macros of Linux 4.2 to 6.18. Generated from the table that the analysis reads.

An argument that no rule looks at is written as \`_\`, and arguments behind the last known one are left out. \`entries\`
of a map, unmap or sync call is the original count; of a function that takes mapped segments, the count that the map call
returned. No kernels named: in all of them.

${parts.join('\n')}`;
}

function table(rows: readonly DmaFunction[]): string {
  const lines = rows.map((row) => {
    const { name, returns, fails, releasedBy, since, until, doc } = row;
    const kernels = since && until ? `${since} to ${until}` : since ? `since ${since}` : until ? `until ${until}` : '';
    const undone = releasedBy ? `\`${releasedBy}()\`` : '';
    return `| \`${name}(${argumentsOf(row)})\` | ${returns ?? ''} | ${fails ? FAILURES[fails] : ''} | ${undone} | ${kernels} | ${doc} |`;
  });
  return ['| function | result | failed when | undone by | kernels | |', '|---|---|---|---|---|---|', ...lines].join(
    '\n',
  );
}

function argumentsOf(row: DmaFunction): string {
  const names: string[] = [];
  for (const [key, word] of ARGUMENTS) {
    const index = row[key];
    if (index !== undefined && 0 <= index) names[index] = word;
  }
  return Array.from(names, (name) => name ?? '_').join(', ');
}
