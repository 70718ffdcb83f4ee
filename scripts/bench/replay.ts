/**
 * How long a question takes, a hover, and (with LINUX_SRC set) what replay adds to reading the drivers of drivers/media.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyze } from '../../server/lens';
import { hoverMarkdown } from '../../server/render/markdown';
import { drawsOf } from '../../server/replay/draws';
import { AgedMemory } from '../../server/replay/memory';
import { QUICK, usualModel } from '../../server/replay/rates';
import { judge, replay } from '../../server/replay/replay';
import type { ListShape, Predicate } from '../../server/replay/types';
import { defaultPlatforms } from '../../server/sim/platforms';
import { createParser } from '../../server/syntax/parser';
import { findFiles } from '../../server/workspace/files';
import { compared, medianSeconds, type Part, type Row } from './part';

const KERNEL = { major: 6, minor: 12 };
const SHAPE: ListShape = { origin: 'pages', kind: 'pages', firstOffset: 'any' };
const NEEDS: readonly Predicate[] = [{ kind: 'contiguous-size' }, { kind: 'single-segment' }, { kind: 'same-count' }];
const DRIVER = 'test/fixtures/demo/capture.c';

export const replaying: Part = async () => {
  const ids = defaultPlatforms(KERNEL);
  const rows: Row[] = [];
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
  const tree = process.env['LINUX_SRC'];
  if (tree) rows.push(await shareOf(join(tree, 'drivers/media')));
  return rows;
};

/** Seconds to analyse a folder, against the same without any platform to replay on. */
async function shareOf(folder: string): Promise<Row> {
  const parser = await createParser();
  const texts = findFiles([folder])
    .files.map((file) => readFileSync(file, 'utf8'))
    .filter((text) => /dma_map_|sg_dma_/.test(text));
  const pass = (platforms: readonly string[]) => {
    const start = performance.now();
    for (const text of texts) analyze(text, parser, { kernel: KERNEL, platforms });
    return (performance.now() - start) / 1000;
  };
  pass([]);
  const without = pass([]);
  return compared('analyse drivers/media with replay, without', pass(defaultPlatforms(KERNEL)), 's', without);
}
