/** How fast a recorded trace is read. The baseline looks for line ends in the same text. */

import { TraceParser } from '../../server/trace/parse';
import { TraceSummary } from '../../server/trace/summary';
import { compared, medianSeconds, type Part } from './part';

const LISTS = 20_000;

export const trace: Part = async () => {
  const text = syntheticTrace();
  const megabytes = text.length / 2 ** 20;
  const lines = LISTS * 4;
  const counting = medianSeconds(() => void countLines(text), 3);
  const reading = medianSeconds(() => read(text), 3, 1);
  return [
    compared(`read ${Math.round(megabytes)} MiB of events`, megabytes / reading, 'MiB/s', megabytes / counting),
    compared(`read ${lines} events`, lines / reading, 'events/s', lines / counting),
  ];
};

/** Lists of eight pages and single pages, mapped and released in turn on two CPUs. */
function syntheticTrace(): string {
  const lines: string[] = [];
  for (let i = 0; i < LISTS; i++) {
    const time = (100 + i / 10_000).toFixed(6);
    const head = `          dd-${100 + (i % 7)}     [00${i % 2}] d..1.   ${time}: `;
    const dma = 0xff000000 + (i % 256) * 0x10000;
    const physical = Array.from(
      { length: 8 },
      (_one, k) => `0x${(0x100000000 + ((i * 8 + k) % 99_991) * 0x3000).toString(16)}`,
    );
    const memory = `phys_addrs={${physical.join(',')}} attrs=`;
    const page = (dma + 0x8000).toString(16);
    lines.push(
      `${head}dma_map_sg: 0000:00:03.0 dir=TO_DEVICE nents=8/8 ents=1/1 dma_addrs={0x${dma.toString(16)}} sizes={0x8000} ${memory}`,
      `${head}dma_map_page: 0000:00:03.0 dir=FROM_DEVICE dma_addr=${page} size=4096 phys_addr=1${page} attrs=`,
      `${head}dma_unmap_page: 0000:00:03.0 dir=FROM_DEVICE dma_addr=${page} size=4096 attrs=`,
      `${head}dma_unmap_sg: 0000:00:03.0 dir=TO_DEVICE ${memory}`,
    );
  }
  return lines.join('\n');
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

function read(text: string): void {
  const summary = new TraceSummary();
  const parser = new TraceParser((item) => summary.add(item));
  let from = 0;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
    parser.push(text.slice(from, end));
    from = end + 1;
  }
  parser.end();
  const { events } = summary.report(parser.lines);
  if (events < LISTS) throw new Error(`${events} events were read`);
}
