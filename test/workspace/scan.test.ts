import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scan } from '../../server/workspace/scan';

const kernel = { major: 6, minor: 12 };
const DRIVER = `
void stop(struct device *dev, struct scatterlist *sgl, int nents)
{
    int mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);
    if (!mapped)
        return;
    dma_unmap_sg(dev, sgl, mapped, DMA_TO_DEVICE);
}
`;
/** Makes a file worth handing to workers. */
const PADDING = `/* ${'padding '.repeat(1 << 17)} */\n`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'scan-'));
  for (let i = 0; i < 6; i++) {
    writeFileSync(join(folder, `driver${i}.c`), i % 2 === 0 ? DRIVER + PADDING : `int x${i};\n${PADDING}`);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('scan', () => {
  test('gives the same result with one worker and with two, in the order of the files', async () => {
    const one = await scan([folder], { kernel, jobs: 1 });
    const two = await scan([folder], { kernel, jobs: 2 });
    expect(two).toEqual(one);
    expect(two.seen).toBe(6);
    expect(two.analyzed).toBe(3);
    expect(two.files.map((file) => file.file)).toEqual([0, 2, 4].map((i) => join(folder, `driver${i}.c`)));
  });

  test('reports the file that a worker dies on, and goes on with the others', async () => {
    const greedy = join(folder, 'greedy.c');
    writeFileSync(greedy, `void f(void)\n{\n\tdma_map_single(a, b, c, d);\n${'\tx = y + 1;\n'.repeat(1 << 18)}}\n`);
    try {
      const { failed, files } = await scan([folder], { kernel, jobs: 2, workerMemory: 40 });
      expect(failed.map((one) => one.file)).toEqual([greedy]);
      expect(failed[0]?.reason).toContain('the worker gave up');
      expect(files).toHaveLength(3);
    } finally {
      rmSync(greedy);
    }
  });

  test('ends when it is told to', async () => {
    const stop = new AbortController();
    const running = scan([folder], { kernel, jobs: 2, signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toThrow();
  });

  test('tells how far it is', async () => {
    const seen: number[] = [];
    await scan([folder], { kernel, jobs: 2, progress: (done, all) => seen.push(done / all) });
    expect(seen).toHaveLength(6);
    expect(seen.at(-1)).toBe(1);
  });

  test('says the same whichever byte of its kept results is altered, or missing', { timeout: 120_000 }, async () => {
    const cache = { folder: join(folder, 'cache'), build: 'x' };
    mkdirSync(join(folder, 'one'));
    writeFileSync(join(folder, 'one/driver.c'), DRIVER);
    const check = async () => JSON.stringify((await scan([join(folder, 'one')], { kernel, jobs: 1, cache })).files);
    const expected = await check();
    const kept = readdirSync(cache.folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(cache.folder, name))
      .filter((file) => statSync(file).isFile());
    let bytes = 0;
    for (const file of kept) {
      const whole = readFileSync(file);
      for (let at = 0; at < whole.length; at++) {
        const altered = Buffer.from(whole);
        altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
        writeFileSync(file, at % 2 === 0 ? altered : whole.subarray(0, at));
        expect(await check()).toBe(expected);
        bytes += 1;
      }
      writeFileSync(file, whole);
    }
    expect(bytes).toBeGreaterThan(300);
  });
});
