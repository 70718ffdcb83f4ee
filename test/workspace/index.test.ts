/** Functions of one file and their callers in others, and results that are kept from one scan to the next. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileFindings, ScanOptions } from '../../server/workspace/scan';
import { scan } from '../../server/workspace/scan';
import { folderWith } from '../support/folders';

const MEASURE = `
unsigned long core_run(struct sg_table *table)
{
	dma_addr_t next = sg_dma_address(table->sgl);
	unsigned long bytes = 0;
	struct scatterlist *sg;
	int i;

	for_each_sgtable_dma_sg(table, sg, i) {
		if (sg_dma_address(sg) != next)
			break;
		next += sg_dma_len(sg);
		bytes += sg_dma_len(sg);
	}
	return bytes;
}
EXPORT_SYMBOL_GPL(core_run);
`;
const USER = `
int pin(struct buffer *buf, struct sg_table *sgt)
{
	if (dma_map_sgtable(buf->dev, sgt, DMA_TO_DEVICE, 0))
		return -EIO;
	if (core_run(sgt) < buf->size) {
		dma_unmap_sgtable(buf->dev, sgt, DMA_TO_DEVICE, 0);
		return -EFAULT;
	}
	return 0;
}
`;
const WRAPPER = `
static inline int hw_map(struct device *dev, struct scatterlist *sgl, int n)
{
	return dma_map_sg(dev, sgl, n, DMA_TO_DEVICE);
}
static inline void hw_unmap(struct device *dev, struct scatterlist *sgl, int n)
{
	dma_unmap_sg(dev, sgl, n, DMA_TO_DEVICE);
}
`;
const WRONG = `
int run(struct hw *hw, struct scatterlist *sgl, int n)
{
	int mapped = hw_map(hw->dev, sgl, n);

	if (!mapped)
		return -EIO;
	start(hw, sg_dma_len(sgl), mapped);
	hw_unmap(hw->dev, sgl, mapped);
	return 0;
}
`;
const TREE = {
  'core/measure.c': MEASURE,
  'user/pin.c': USER,
  'hw/hw.h': WRAPPER,
  'hw/run.c': WRONG,
  'far/run.c': WRONG,
  'none.c': 'int none;\n',
};
const KERNEL = { major: 6, minor: 12 };

async function findings(folder: string, options: Partial<ScanOptions> = {}): Promise<readonly FileFindings[]> {
  const result = await scan([folder], { kernel: KERNEL, ...options });
  expect(result.failed).toEqual([]);
  return result.files;
}

function inShort(folder: string, files: readonly FileFindings[]): readonly string[] {
  return files.flatMap(({ file, findings }) =>
    findings.map((one) => `${file.slice(folder.length + 1)} ${one.rule} ${one.function}`),
  );
}

function filesBelow(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return names.filter((name) => statSync(name).isFile());
}

test('a function that measures and its caller in another folder are connected, and so are wrappers in a header', async () => {
  const folder = folderWith(TREE);
  const files = await findings(folder);
  expect(inShort(folder, files)).toEqual([
    'hw/run.c unmap-with-mapped-count run',
    'user/pin.c contiguity-required pin',
  ]);
  const [pin] = files.find((one) => one.file.endsWith('pin.c'))?.findings ?? [];
  expect(pin?.message).toContain("core_run() is compared with 'buf->size'");
  expect(pin?.related.find((one) => one.file)).toMatchObject({
    file: join(folder, 'core/measure.c'),
    at: { line: 2, column: 15 },
    message: 'core_run() measures the leading contiguous run',
  });
});

describe('chains of functions', () => {
  /** Each file calls the next one; the last one does it. */
  const CHAIN = {
    'a/pin.c': USER.replace('core_run', 'upper_run'),
    'b/upper.c':
      '/* dma_map_sgtable() */\nunsigned long upper_run(struct sg_table *t)\n{\n\treturn lower_run(t);\n}\nEXPORT_SYMBOL(upper_run);\n',
    'c/lower.c':
      '/* dma_map_sgtable() */\nunsigned long lower_run(struct sg_table *t)\n{\n\treturn core_run(t);\n}\nEXPORT_SYMBOL(lower_run);\n',
    'd/measure.c': MEASURE,
  };
  const FOUND = ['a/pin.c contiguity-required pin'];

  test('through four files, the same with results that are kept', async () => {
    const folder = folderWith(CHAIN);
    const cache = { folder: folderWith(), build: 'test' };
    expect(inShort(folder, await findings(folder))).toEqual(FOUND);
    expect(inShort(folder, await findings(folder, { cache }))).toEqual(FOUND);
    expect(inShort(folder, await findings(folder, { cache }))).toEqual(FOUND);
  });

  test('through files that are left out', async () => {
    const folder = folderWith(CHAIN);
    const select = (found: { readonly files: readonly string[] }) => ({
      files: found.files.filter((file) => file.endsWith('pin.c')),
      failed: [],
    });
    const context = () => ['b/upper.c', 'c/lower.c', 'd/measure.c'].map((name) => join(folder, name));
    expect(inShort(folder, await findings(folder, { select, context }))).toEqual(FOUND);
  });

  test('with a wrapper of a wrapper', async () => {
    const folder = folderWith({
      'hw/run.c': WRONG,
      'hw/mid.c': `/* dma_map_sg */${WRAPPER.replace(/static inline /g, '').replace(/dma_(un)?map_sg/g, 'low_$1map')}`,
      'hw/low.c': WRAPPER.replace(/static inline /g, '').replace(/hw_/g, 'low_'),
    });
    expect(inShort(folder, await findings(folder))).toEqual(['hw/run.c unmap-with-mapped-count run']);
  });

  test('functions that call each other in a circle come to an end', async () => {
    const folder = folderWith({
      'a.c': `/* dma_map_sg */ int a(struct device *d, struct scatterlist *s, int n) { return n ? b(d, s, n) : 0; }`,
      'b.c': `int b(struct device *d, struct scatterlist *s, int n) { return a(d, s, n) + dma_map_sg(d, s, n, 0); }`,
    });
    await findings(folder);
  });
});

test('without its definition a function means nothing', async () => {
  const folder = folderWith({ 'user/pin.c': USER });
  expect(await findings(folder)).toEqual([]);
});

test('two functions of one name elsewhere: none is meant', async () => {
  const folder = folderWith({ ...TREE, 'other/measure.c': MEASURE });
  expect(inShort(folder, await findings(folder))).toEqual(['hw/run.c unmap-with-mapped-count run']);
});

test('what is not exported can be called by its own driver only', async () => {
  const folder = folderWith({ ...TREE, 'core/measure.c': MEASURE.replace(/EXPORT.*/, '') });
  expect(inShort(folder, await findings(folder))).toEqual(['hw/run.c unmap-with-mapped-count run']);
});

test('a scan with kept results says what a scan without says', async () => {
  const folder = folderWith(TREE);
  const cache = { folder: folderWith(), build: 'test' };
  const plain = await findings(folder);
  expect(await findings(folder, { cache })).toEqual(plain);
  expect(await findings(folder, { cache })).toEqual(plain);
  for (const path of filesBelow(cache.folder)) writeFileSync(path, 'torn');
  expect(await findings(folder, { cache })).toEqual(plain);
});

test('what is kept is used, until the options or the build are others', async () => {
  const folder = folderWith(TREE);
  const cache = { folder: folderWith(), build: 'test' };
  const plain = await findings(folder, { cache });
  for (const path of filesBelow(cache.folder)) {
    const body = readFileSync(path, 'utf8').replace(/^.*\n/, '').replaceAll('is compared with', 'was compared with');
    const key = path.split('/').slice(-2).join('');
    writeFileSync(path, `dma-lens 1 ${createHash('sha1').update(key).update(body).digest('hex')}\n${body}`);
  }
  const messages = (files: readonly FileFindings[]) => files.flatMap((file) => file.findings.map((one) => one.message));
  expect(messages(await findings(folder, { cache })).join()).toContain('was compared with');
  expect(await findings(folder, { cache: { ...cache, build: 'other' } })).toEqual(plain);
  expect(messages(await findings(folder, { cache, platforms: ['direct'] })).join()).not.toContain('was compared with');
});

test('a changed callee changes what is said of its callers', async () => {
  const folder = folderWith(TREE);
  const cache = { folder: folderWith(), build: 'test' };
  expect(inShort(folder, await findings(folder, { cache }))).toContain('user/pin.c contiguity-required pin');
  writeFileSync(join(folder, 'core/measure.c'), MEASURE.replace('return bytes', 'return 0'));
  expect(inShort(folder, await findings(folder, { cache }))).not.toContain('user/pin.c contiguity-required pin');
  rmSync(join(folder, 'core'), { recursive: true });
  expect(inShort(folder, await findings(folder, { cache }))).not.toContain('user/pin.c contiguity-required pin');
  writeFileSync(join(folder, 'user/measure.c'), MEASURE);
  expect(inShort(folder, await findings(folder, { cache }))).toContain('user/pin.c contiguity-required pin');
});

test('files that are left out tell what their functions do all the same', async () => {
  const folder = folderWith(TREE);
  const select = (found: { readonly files: readonly string[] }) => ({
    files: found.files.filter((file) => file.endsWith('pin.c')),
    failed: [],
  });
  const context = () => [join(folder, 'core/measure.c'), join(folder, 'hw/run.c')];
  expect(inShort(folder, await findings(folder, { select }))).toEqual([]);
  expect(inShort(folder, await findings(folder, { select, context }))).toEqual(['user/pin.c contiguity-required pin']);
});

test('a cache folder that cannot be written to is no reason to fail', async () => {
  const folder = folderWith(TREE);
  const locked = folderWith();
  chmodSync(locked, 0o555);
  const plain = await findings(folder);
  expect(await findings(folder, { cache: { folder: locked, build: 'test' } })).toEqual(plain);
  expect(await findings(folder, { cache: { folder: join(folder, 'none.c'), build: 'test' } })).toEqual(plain);
});

test('killed at any moment while results are written, it loses nothing but time', { timeout: 180_000 }, async () => {
  const drivers = Array.from({ length: 20 }, (_, index) =>
    Object.entries(TREE).map(([name, text]) => [`d${index}/${name}`, text]),
  );
  const folder = folderWith(Object.fromEntries(drivers.flat()));
  const caches = folderWith();
  const args = ['dist/cli.js', 'check', '--format', 'json', '--fail-on', 'never', '--jobs', '1'];
  const report = (more: readonly string[], killAfter?: number) =>
    new Promise<string>((done) => {
      let text = '';
      const run = spawn('node', [...args, ...more, folder], { env: { ...process.env, XDG_CACHE_HOME: caches } });
      run.stdout.on('data', (part: Buffer) => {
        text += part.toString();
      });
      const timer = killAfter === undefined ? undefined : setTimeout(() => run.kill('SIGKILL'), killAfter);
      run.on('close', () => {
        clearTimeout(timer);
        done(text);
      });
    });
  const start = performance.now();
  const plain = await report(['--no-cache']);
  const whole = performance.now() - start;
  let wasCutShort = 0;
  for (const part of [0.4, 0.6, 0.8, 0.9]) if ((await report([], whole * part)) === '') wasCutShort += 1;
  expect(wasCutShort).toBeGreaterThan(0);
  expect(await report([])).toBe(plain);
  expect(await report([])).toBe(plain);
});
