/**
 * How long a question takes, a hover, and (with LINUX_SRC set) what replay adds to reading all drivers.
 */

import { readFileSync } from 'node:fs';
import { analyze } from '../../server/lens';
import { hoverMarkdown } from '../../server/render/markdown';
import { drawsOf } from '../../server/replay/draws';
import { AgedMemory } from '../../server/replay/memory';
import { QUICK, usualModel } from '../../server/replay/rates';
import { judge, replay } from '../../server/replay/replay';
import type { ListShape, Predicate } from '../../server/replay/types';
import { defaultPlatforms } from '../../server/sim/platforms';
import { createParser } from '../../server/syntax/parser';
import { mappingFiles } from './drivers';
import { compared, medianSeconds, type Part, type Row } from './part';

const KERNEL = { major: 6, minor: 12 };
const SHAPE: ListShape = { origin: 'pages', kind: 'pages', firstOffset: 'any' };
const NEEDS: readonly Predicate[] = [{ kind: 'contiguous-size' }, { kind: 'single-segment' }, { kind: 'same-count' }];
const DRIVER = 'test/fixtures/demo/capture.c';

export const replaying: Part = async () => {
  const ids = defaultPlatforms(KERNEL);
  const rows: Row[] = [];
  const tree = process.env['LINUX_SRC'];
  // First of all: nothing has been answered yet.
  if (tree) rows.push(await shareOf(tree));
  const row = (name: string, seconds: number) => rows.push({ name, median: seconds * 1000, unit: 'ms' });
  row(
    'age a machine',
    medianSeconds(() => void new AgedMemory(0.5, 1), 9),
  );
  const draws = drawsOf(usualModel(SHAPE));
  for (let i = 0; i < QUICK.draws; i++) draws.list(i, SHAPE, 1);
  for (const need of NEEDS) {
    const ask = () => {
      for (const id of ids) judge({ predicate: need, shape: SHAPE }, {}, KERNEL, id, QUICK);
    };
    row(`${need.kind} on ${ids.length} platforms, first asked`, medianSeconds(ask, 5));
  }
  const question = { predicate: { kind: 'contiguous-size' }, shape: SHAPE, device: {} } as const;
  row(
    'the same, asked again',
    medianSeconds(() => void replay(question, KERNEL, ids)),
  );
  const parser = await createParser();
  const text = readFileSync(DRIVER, 'utf8');
  const analysis = analyze(text, parser, { kernel: KERNEL });
  const offset = text.indexOf('size < buf->size');
  const options = { images: true, theme: 'dark', rulePage: (rule: string) => rule, explorer: true } as const;
  const show = () => {
    const hover = analysis.hoverAt(offset);
    if (hover) hoverMarkdown(hover, options);
  };
  row('a hover with two pictures', medianSeconds(show));
  return rows;
};

/** Seconds to answer, for the first time, all that the drivers of the tree ask, against those to read the drivers. */
async function shareOf(root: string): Promise<Row> {
  const parser = await createParser();
  const start = performance.now();
  const questions = mappingFiles(root, ['drivers']).flatMap((file) => {
    const { findings } = analyze(readFileSync(file, 'utf8'), parser, { kernel: KERNEL, platforms: [] });
    return findings.flatMap(({ replay: asked }) => (asked ? [asked.question] : []));
  });
  const read = performance.now();
  for (const question of questions) replay(question, KERNEL, defaultPlatforms(KERNEL));
  const answered = performance.now();
  const name = `answer the ${questions.length} questions of drivers/, against reading it`;
  return compared(name, (answered - read) / 1000, 's', (read - start) / 1000);
}
