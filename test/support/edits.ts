/** Edits of C that reach as far as edits can: pieces are cut in two, swallowed, moved, and come back. */

import { createRandom, type Random } from '../../scripts/fuzz/random';
import { createTypist } from '../../scripts/soak/typing';
import type { Analysis } from '../../server/lens';

const SIGNS = [
  '{',
  '}',
  '(',
  ')',
  ';',
  '"',
  "'",
  '/*',
  '*/',
  '//',
  '\\\n',
  '\r\n',
  ',',
  '=',
  '#',
  '\u{1f600}',
  ' ',
  'x',
];
const LINES = [
  '#if 0\n',
  '#ifdef CONFIG_A\n',
  '#else\n',
  '#endif\n',
  '#define LENGTH 64\n',
  '#define LENGTH SZ_64K\n',
  'struct foo {\n',
  'static void helper(void)\n{\n',
  '}\n',
  '\tmmc->max_segs = 1;\n',
  '\tdma_set_max_seg_size(dev, SZ_64K);\n',
  '\tbuf->count = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);\n',
  '\tif (dma_mapping_error(dev, addr))\n',
  '\t/* dma-lens: allow(mapping-leak) */\n',
];
/** Where one function ends and the next begins. */
const FUNCTION_END = /\n}\n/g;

/** The text after an edit; now and then it is `first` again. */
export function editText(text: string, first: string, random: Random): string {
  if (random.once(25)) return first;
  const at = random.below(text.length + 1);
  const line = text.indexOf('\n', at) + 1;
  return random.pick<() => string>([
    () => text.slice(0, at) + random.pick(SIGNS) + text.slice(at),
    () => text.slice(0, line) + random.pick(LINES) + text.slice(line),
    () => text.slice(0, at) + text.slice(at + random.below(random.once(4) ? 2000 : 20)),
    () => renameOne(text, at),
    () => moveFunction(text, random),
  ])();
}

/** One name becomes another, where it stands and nowhere else. */
function renameOne(text: string, at: number): string {
  const name = /\b[a-z_]\w*/.exec(text.slice(at));
  if (!name) return text;
  const end = at + name.index + name[0].length;
  return `${text.slice(0, end)}_2${text.slice(end)}`;
}

function moveFunction(text: string, random: Random): string {
  const ends = [...text.matchAll(FUNCTION_END)].map((match) => match.index + match[0].length);
  if (ends.length < 3) return text;
  const from = random.below(ends.length - 1);
  const moved = text.slice(ends[from], ends[from + 1]);
  const rest = text.slice(0, ends[from]) + text.slice(ends[from + 1]);
  const to = random.pick(ends.filter((end) => end <= rest.length));
  return rest.slice(0, to) + moved + rest.slice(to);
}

/** Texts of a file that is typed in: lines come sign by sign, and all of it is taken back in the end. */
export function* typedTexts(text: string, count: number, seed: number): Generator<string> {
  const typist = createTypist('file:///typed.c', text, createRandom(seed));
  for (let i = 0; i < count || !typist.isRestored(); i++) {
    typist.next();
    yield typist.document.getText();
  }
}

/** All that an analysis says, as text; hovers at every `step`th offset. */
export function everythingSaid(analysis: Analysis, text: string, step: number): string {
  const { findings, stats, summaries, externals } = analysis;
  const hovers: unknown[] = [];
  for (let offset = 0; offset < text.length; offset += step) hovers.push(analysis.hoverAt(offset));
  const hints = analysis.hintsIn({ start: 0, end: text.length });
  const maps = analysis.mapCalls();
  return JSON.stringify({ findings, stats, summaries, externals, hovers, hints, maps }, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}
