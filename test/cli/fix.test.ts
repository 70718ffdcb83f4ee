import { chmodSync, lstatSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FixContext, fixFiles } from '../../server/cli/fix';
import { writeAtomically } from '../../server/workspace/writeFile';
import { sandbox } from '../support/sandbox';
import { scanTexts, WRONG_COUNT } from '../support/scan';

const box = sandbox();
const FIXED = WRONG_COUNT.replace('mapped, DMA', 'nents, DMA');

describe('on the command line', () => {
  test('fixes, tells it, and has nothing more to do', () => {
    box.put({ 'one/a.c': WRONG_COUNT });
    expect(box.run(['check', '--fix', 'one'])).toEqual({
      status: 0,
      out: '',
      err: "dma-lens: one/a.c:6: fixed: Use 'nents' [unmap-with-mapped-count] stop()\n",
    });
    expect(box.read('one/a.c')).toBe(FIXED);
    expect(box.run(['check', '--fix', 'one'])).toEqual({ status: 0, out: '', err: '' });
  });

  test('what other files tell is still known when a file is looked at again', () => {
    const measure = `/* dma_map_sg */
unsigned long run_of(struct sg_table *t) { return drm_prime_get_contiguous_size(t); }
`;
    const pin = `
int pin(struct buffer *buf, struct sg_table *sgt)
{
	if (dma_map_sgtable(buf->dev, sgt, DMA_TO_DEVICE, 0))
		return -EIO;
	if (run_of(sgt) < buf->size) {
		dma_unmap_sgtable(buf->dev, sgt, DMA_TO_DEVICE, 0);
		return -EFAULT;
	}
	return 0;
}
`;
    box.put({ 'linked/a.c': WRONG_COUNT + pin, 'linked/b.c': measure });
    const { out, err } = box.run(['check', '--fix', '--format', 'gcc', 'linked']);
    expect(err).toContain('fixed:');
    expect(out).toMatch(
      /^linked\/a\.c:13:\d+: warning: .*run_of\(\) is compared with 'buf->size'.* \[contiguity-required\]/m,
    );
  });

  test('only what a diff or a rule lets through', () => {
    box.put({ 'two/a.c': WRONG_COUNT });
    expect(box.run(['check', '--fix', '--rule', 'stack-buffer', 'two']).err).toBe('');
    expect(box.run(['check', '--fix', '--diff', '-', 'two'], '').err).toBe('');
    expect(box.read('two/a.c')).toBe(WRONG_COUNT);
  });
});

/** Fixes files as the scan would find them; what was told, and what was left. */
function fix(names: readonly string[], paths: readonly string[] = ['.'], analyze?: FixContext['analyze']) {
  process.chdir(box.folder);
  const said: string[] = [];
  const texts = Object.fromEntries(names.map((name) => [name, decode(box.bytes(name))]));
  const left = fixFiles(scanTexts(texts).files, {
    paths,
    log: (message) => said.push(message),
    analyze: analyze ?? analyzeAgain,
  });
  return { said: said.join('\n'), left: left.flatMap((one) => one.findings.map((finding) => finding.rule)) };
}

function analyzeAgain(file: string, text: string): ReturnType<FixContext['analyze']> {
  const { files, stats } = scanTexts({ [file]: text });
  return { findings: files[0]?.findings ?? [], stats };
}

function decode(bytes: Buffer): string {
  return bytes.includes(0xfc) ? bytes.toString('latin1') : bytes.toString('utf8');
}

describe('a file stays what it was', () => {
  test.each([
    [
      'Latin-1',
      Buffer.from(`/* M\xfcller */\n${WRONG_COUNT}`, 'latin1'),
      Buffer.from(`/* M\xfcller */\n${FIXED}`, 'latin1'),
    ],
    ['UTF-8', Buffer.from(`/* Müller 😀 */\n${WRONG_COUNT}`), Buffer.from(`/* Müller 😀 */\n${FIXED}`)],
    ['a byte order mark', Buffer.from(`\ufeff${WRONG_COUNT}`), Buffer.from(`\ufeff${FIXED}`)],
    ['CRLF', Buffer.from(WRONG_COUNT.replace(/\n/g, '\r\n')), Buffer.from(FIXED.replace(/\n/g, '\r\n'))],
    ['no newline at its end', Buffer.from(WRONG_COUNT.trimEnd()), Buffer.from(FIXED.trimEnd())],
  ])('%s', (_name, before, after) => {
    box.put({ 'same.c': before });
    if (decode(before).includes('\u{1f600}')) expect(decode(before)).toContain('Müller');
    fix(['same.c']);
    expect(box.bytes('same.c').equals(after)).toBe(true);
  });

  test('its permissions', () => {
    box.put({ 'mode.c': WRONG_COUNT });
    chmodSync(join(box.folder, 'mode.c'), 0o640);
    fix(['mode.c']);
    expect(statSync(join(box.folder, 'mode.c')).mode & 0o7777).toBe(0o640);
    expect(box.read('mode.c')).toBe(FIXED);
  });
});

describe('not touched', () => {
  test('a symbolic link, and what it leads to', () => {
    box.put({ 'real/target.c': WRONG_COUNT });
    symlinkSync('real/target.c', join(box.folder, 'link.c'));
    const { said, left } = fix(['link.c'], ['link.c']);
    expect(said).toContain('link.c: not fixed: a symbolic link');
    expect(left).toEqual(['unmap-with-mapped-count']);
    expect(lstatSync(join(box.folder, 'link.c')).isSymbolicLink()).toBe(true);
    expect(box.read('real/target.c')).toBe(WRONG_COUNT);
  });

  test('what lies outside of the paths given', () => {
    box.put({ 'outside/x.c': WRONG_COUNT, 'given/y.c': WRONG_COUNT });
    symlinkSync('../outside', join(box.folder, 'given/way'));
    expect(fix(['given/way/x.c'], ['given']).said).toContain('a link leads out of the folders that were given');
    expect(box.read('outside/x.c')).toBe(WRONG_COUNT);
  });

  test('a file that changed meanwhile', () => {
    box.put({ 'raced.c': WRONG_COUNT });
    const { files } = scanTexts({ 'raced.c': WRONG_COUNT });
    box.put({ 'raced.c': `/* newer */\n${WRONG_COUNT}` });
    const said: string[] = [];
    fixFiles(files, { paths: ['.'], analyze: analyzeAgain, log: (one) => said.push(one) });
    expect(said).toEqual(['raced.c: not fixed: it changed while it was checked']);
    expect(box.read('raced.c')).toContain('newer');
  });

  test('a file that would parse worse', () => {
    box.put({ 'worse.c': WRONG_COUNT });
    const worse: FixContext['analyze'] = (file, text) => {
      const analysis = analyzeAgain(file, text);
      return text === WRONG_COUNT ? analysis : { ...analysis, stats: { ...analysis.stats, functionsWithErrors: 1 } };
    };
    expect(fix(['worse.c'], ['.'], worse).said).toContain('a fix would leave code that does not parse');
    expect(box.read('worse.c')).toBe(WRONG_COUNT);
  });
});

test('several fixes of a file, told one by one', () => {
  const text = WRONG_COUNT + WRONG_COUNT.replace('stop', 'halt');
  box.put({ 'many.c': text });
  const { said, left } = fix(['many.c']);
  expect(said.split('\n').length).toBe(2);
  expect(left).toEqual([]);
  expect(box.read('many.c')).toBe(text.replaceAll('mapped, DMA', 'nents, DMA'));
});

test('a write that fails leaves the original and nothing beside it', () => {
  box.put({ 'full/a.c': WRONG_COUNT });
  const path = join(box.folder, 'full/a.c');
  // A length that no write can deliver.
  const bytes = new Proxy(Buffer.from('x'), {
    get: () => {
      throw new Error('no space left');
    },
  });
  expect(() => writeAtomically(path, bytes)).toThrow('no space left');
  expect(box.read('full/a.c')).toBe(WRONG_COUNT);
  expect(readdirSync(join(box.folder, 'full'))).toEqual(['a.c']);
});
