import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { analyze } from '../../server/lens';
import { createParser } from '../../server/syntax/parser';
import { createTreeIndex } from '../../server/workspace/treeIndex';
import { folderWith } from '../support/folders';

const kernel = { major: 6, minor: 12 };
const parser = await createParser();
const mapper = (count: string) => `
int lib_map(struct device *dev, struct scatterlist *sgl, int n)
{
	return dma_map_sg(dev, sgl, ${count}, DMA_TO_DEVICE);
}
EXPORT_SYMBOL(lib_map);
`;

test('a tree tells what its functions do, until they are gone', async () => {
  const folder = folderWith({ 'lib/map.c': mapper('n'), 'drv/user.c': 'int user;\n' });
  const index = createTreeIndex({ folder: folderWith(), build: 'test' });
  const user = join(folder, 'drv/user.c');
  expect(index.lookupFor(user)('lib_map')).toBeUndefined();
  expect(await index.update([folder], { kernel })).toBe(true);
  expect(index.lookupFor(user)('lib_map')).toMatchObject({
    returns: { kind: 'mapped-count', list: { argument: 1 } },
    elsewhere: { file: join(folder, 'lib/map.c'), line: 2, column: 5 },
  });
  expect(await index.update([folder], { kernel })).toBe(false);
  rmSync(join(folder, 'lib'), { recursive: true });
  expect(await index.update([folder], { kernel })).toBe(true);
  expect(index.lookupFor(user)('lib_map')).toBeUndefined();
});

test('an edited file is heard at once', async () => {
  const folder = folderWith({ 'lib/map.c': mapper('n') });
  const index = createTreeIndex(undefined);
  await index.update([folder], { kernel });
  const file = join(folder, 'lib/map.c');
  const learn = (text: string) => index.learn(file, text, analyze(text, parser, { kernel }));
  expect(learn(mapper('n'))).toBe(false);
  expect(learn(`\n\n${mapper('n')}`)).toBe(false);
  expect(learn(mapper('2 * n'))).toBe(true);
  expect(index.lookupFor(join(folder, 'user.c'))('lib_map')).toBeUndefined();
});

test('an update that is ended leaves what was known', async () => {
  const folder = folderWith({ 'lib/map.c': mapper('n') });
  const index = createTreeIndex(undefined);
  await index.update([folder], { kernel });
  const abort = new AbortController();
  abort.abort();
  await expect(index.update([folder], { kernel, signal: abort.signal })).rejects.toThrow(/abort/i);
  expect(index.lookupFor(join(folder, 'user.c'))('lib_map')).toBeDefined();
});

test('tells how far it is', async () => {
  const folder = folderWith({ 'a.c': mapper('n'), 'b.c': 'int b;\n' });
  const seen: string[] = [];
  await createTreeIndex(undefined).update([folder], {
    kernel,
    progress: (done, all) => seen.push(`${done}/${all}`),
  });
  expect(seen.at(-1)).toBe('2/2');
});
