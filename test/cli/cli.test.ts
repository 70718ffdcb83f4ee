import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const CLI = resolve('dist/cli.js');
const folder = mkdtempSync(join(tmpdir(), 'dma-lens-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], input?: string) {
  const done = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    cwd: folder,
    ...(input !== undefined && { input }),
  });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const BAD = `void stop(struct device *dev, struct scatterlist *sgl, int nents)
{
	int mapped = dma_map_sg(dev, sgl, nents, DMA_TO_DEVICE);

	if (mapped)
		dma_unmap_sg(dev, sgl, mapped, DMA_TO_DEVICE);
}
`;
const FINDING =
  "bad.c:6:26: error: dma_unmap_sg() is given 'mapped', which dma_map_sg() returned; it needs 'nents', the count that was passed in [unmap-with-mapped-count]\n";

describe('check', () => {
  test('findings: a line each, status 1', () => {
    expect(run(['check', file('bad.c', BAD)])).toEqual({ status: 1, out: FINDING, err: '' });
  });

  test('the level decides about the status', () => {
    file('bad.c', BAD);
    expect(run(['check', '--fail-on', 'never', 'bad.c']).status).toBe(0);
  });

  test('JSON is the contract', () => {
    file('bad.c', BAD);
    const report: unknown = JSON.parse(run(['check', '--format', 'json', '--kernel', '6.12', '--stats', 'bad.c']).out);
    expect(report).toMatchObject({
      version: 1,
      kernel: '6.12',
      files: { seen: 1, analyzed: 1, failed: [] },
      findings: [
        {
          rule: 'unmap-with-mapped-count',
          severity: 'error',
          file: 'bad.c',
          line: 6,
          column: 26,
          endLine: 6,
          endColumn: 32,
          function: 'stop',
          related: [{ file: 'bad.c', line: 3, column: 15 }],
          fixes: [{ title: "Use 'nents'", automatic: true }],
        },
      ],
      stats: { functions: 1, functionsWithErrors: 0, dmaFunctions: 1, dmaFunctionsWithErrors: 0 },
    });
  });

  test('JSON carries the replay of a contiguity finding', () => {
    const source =
      'int f(struct a *a, struct sg_table *sgt)\n{\n\tif (dma_map_sgtable(a->dev, sgt, 1, 0))\n\t\treturn -EIO;\n\ta->x = sg_dma_address(sgt->sgl);\n\treturn 0;\n}\n';
    const report = JSON.parse(
      run(['check', '--format', 'json', '--kernel', '6.12', '--platform', 'direct', file('first.c', source)]).out,
    );
    expect(report.findings[0].replay).toMatchObject({
      predicate: 'contiguous-size',
      platforms: [
        {
          id: 'direct',
          verdict: 'breaks',
          example: {
            entries: [{ phys: '0x80000000', offset: 0, length: 4096 }, { length: 4096 }],
            segments: [{ address: '0x80000000', length: 4096 }, { length: 4096 }],
            returns: 2,
          },
        },
      ],
    });
    expect(report.findings[0].replay.platforms[0].rate).toBeGreaterThan(0.9);
  });

  test('standard input', () => {
    const done = run(['check', '--stdin', '--stdin-filename', 'bad.c'], BAD);
    expect(done).toEqual({ status: 1, out: FINDING, err: '' });
  });

  test('a comment allows a finding, and an unused one is reported', () => {
    const allowed = BAD.replace(
      '\t\tdma_unmap',
      '\t\t/* dma-lens: allow(unmap-with-mapped-count) list of one */\n\t\tdma_unmap',
    );
    expect(run(['check', file('allowed.c', allowed)])).toEqual({ status: 0, out: '', err: '' });
    const unused = run([
      'check',
      '--fail-on',
      'information',
      file('unused.c', `/* dma-lens: allow-file(contiguity-assumed) */\n${BAD.replace('mapped, DMA', 'nents, DMA')}`),
    ]);
    expect(unused.out).toContain("nothing to allow here: no finding of 'contiguity-assumed' [unused-suppression]");
    expect(unused.status).toBe(1);
  });

  test.each([
    ['a file that does not exist', ['check', 'nowhere.c'], 2, 'nowhere.c: no such file or folder'],
    [
      'an unknown rule',
      ['check', '--rule', 'unmap-with-mapped-counts', '.'],
      2,
      'did you mean unmap-with-mapped-count?',
    ],
    ['an unknown platform', ['check', '--platform', 'x', '.'], 2, "unknown platform 'x'; known: direct"],
    ['a kernel that is none', ['check', '--kernel', 'six', '.'], 2, "'six' is no kernel version; write it as 6.12"],
    ['an unknown option', ['check', '--what'], 2, "unknown option '--what'"],
  ])('%s', (_name, args, status, message) => {
    const done = run(args);
    expect(done.status).toBe(status);
    expect(done.err).toContain(message);
    expect(done.err).not.toMatch(/^\s+at /m);
  });

  test('a folder without C files', () => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    expect(run(['check', 'empty'])).toEqual({ status: 2, out: '', err: 'dma-lens: no C files in empty\n' });
  });

  test('a binary, an empty file, half a function, Latin-1, CRLF', () => {
    expect(run(['check', file('binary.c', new Uint8Array([0, 1, 2, 0, 255]))])).toEqual({
      status: 2,
      out: '',
      err: 'dma-lens: binary.c: a binary file\n',
    });
    expect(run(['check', file('empty.c', '')]).status).toBe(0);
    expect(run(['check', file('half.c', 'int f(struct device *dev)\n{\n\tdma_map_sg(dev, sgl, ')]).status).toBeLessThan(
      2,
    );
    expect(run(['check', file('latin.c', Buffer.from(`/* M\xfcller */\n${BAD}`, 'latin1'))]).out).toBe(
      FINDING.replace('bad.c:6', 'latin.c:7'),
    );
    expect(run(['check', file('crlf.c', BAD.replace(/\n/g, '\r\n'))]).out).toBe(FINDING.replace('bad.c', 'crlf.c'));
  });

  test('a circle of links ends', () => {
    mkdirSync(join(folder, 'loop'), { recursive: true });
    file('loop/bad.c', BAD);
    symlinkSync('.', join(folder, 'loop/again'));
    expect(run(['check', 'loop']).out.split('\n').length).toBe(2);
  });
});

describe('the other commands', () => {
  test('simulate draws', () => {
    const { status, out } = run([
      'simulate',
      '--backend',
      'iommu-dma-4.4',
      '--segments',
      '64K,16K,64K',
      '--dma-mask',
      '32',
    ]);
    expect(status).toBe(0);
    expect(out).toContain('iommu-dma-4.4: 3 segments');
    expect(out).toContain('[2] 0xfffe0000+65536  <- sg[2]');
    expect(out).toContain('hole 48 KiB');
  });

  test.each([
    [['--segments', '-4K'], "'-4K' is no size"],
    [['--segments', '0'], 'entry 0 is empty'],
    [['--segments', '4K@0x1000,4K@0x1800'], 'entries 0 and 1 overlap in memory'],
    [['--segments', '4K@0xffffffffffffffff'], 'entry 0 ends beyond 2^64'],
    [['--segments', '4K', '--boundary', '0x1234'], 'is no mask'],
    [['--segments', '4K', '--granule', '3K'], 'no power of two'],
    [['--segments', '4K', '--backend', 'iommu-dma', '--kernel', '4.4'], 'iommu-dma begins with Linux 4.7'],
    [[], 'give --segments 64K,16K,64K'],
  ])('simulate %j is refused', (args, message) => {
    const done = run(['simulate', ...args]);
    expect(done.status).toBe(2);
    expect(done.err).toContain(message);
  });

  test('recordings', () => {
    const vectors = resolve('test/fixtures/vectors/linux-6.12-iommu-strict.jsonl');
    expect(run(['simulate', '--vectors', vectors])).toEqual({ status: 0, out: '506 passed, 0 failed\n', err: '' });
  });

  test('lists and explanations', () => {
    expect(run(['explain', 'contiguity-assumed']).out).toContain('Not reported:');
    expect(JSON.parse(run(['rules', '--format', 'json']).out)).toContainEqual(
      expect.objectContaining({ id: 'contiguity-required', severity: 'warning' }),
    );
    expect(JSON.parse(run(['platforms', '--format', 'json']).out)).toContainEqual(
      expect.objectContaining({ id: 'direct', default: true }),
    );
  });
});
