import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { recordScript } from '../../server/trace/recordScript';

const OPTIONS = { device: '0000:00:01.0', seconds: 20, megabytes: 64, stacks: true } as const;

test.each([undefined, '0000:00:01.0', 'fe340000.mmc', 'usb1', '--help', '..', '-rf'])(
  'is a script for %s',
  (device) => {
    const script = recordScript({ ...OPTIONS, device }) ?? '';
    for (const shell of ['sh', 'bash']) execFileSync(shell, ['-n'], { input: script });
    expect(script).toContain(`\ndevice='${device ?? ''}'\n`);
  },
);

test.each([
  '',
  ' ',
  "'",
  '"',
  'a b',
  '$(reboot)',
  '`reboot`',
  'a;reboot',
  'a\nreboot',
  'a\r',
  '\\',
  '*',
  '#x',
  'a|b',
  'a&b',
  '>x',
  '{a,b}',
  '!x',
  '/dev/sda',
  '~',
  'ü',
  '\u202e',
  '\0',
])('is none for the device %j', (device) => {
  expect(recordScript({ ...OPTIONS, device })).toBeUndefined();
});

test('the command line says why there is none', () => {
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, ['dist/cli.js', 'record-script', ...args], { encoding: 'utf8' });
  for (const args of [
    ['--device', 'x;reboot'],
    ['--seconds', '1;reboot'],
    ['--size', '$(reboot)'],
    ['--seconds', '0'],
  ]) {
    const { status, stdout, stderr } = run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('dma-lens: ');
  }
  expect(run('--device', 'a.b').status).toBe(0);
});

test('every file that it writes is quoted, and lies in its own instance or is the output', () => {
  const script = recordScript(OPTIONS) ?? '';
  const targets = [...script.matchAll(/>\s?("?[^\s>&|;)]+)/g)].map((match) => match[1] ?? '');
  const allowed = ['"$instance/', '"$out"', '/dev/null'];
  // Arrows in messages are none.
  const written = targets.filter((target) => /^["$/\w]/.test(target) && !target.startsWith('trace.txt'));
  expect(written.length).toBeGreaterThan(8);
  expect(written.filter((target) => !allowed.some((one) => target.startsWith(one)))).toEqual([]);
});

test.each([
  ['0000:00:01.0', 'stacktrace if device == "0000:00:01.0"'],
  [undefined, 'stacktrace'],
])('stacks are recorded of the same events, for %s', (device, trigger) => {
  const script = recordScript({ ...OPTIONS, device }) ?? '';
  const lines = script.split('\n').filter((line) => /^(device|\s*only)=/.test(line));
  const output = execFileSync('sh', { input: [...lines, 'echo "stacktrace$only"', ''].join('\n'), encoding: 'utf8' });
  expect(output).toBe(`${trigger}\n`);
  // A trigger that is there before the events are on fires for events that are not recorded.
  expect(script.indexOf('>"$instance/events/dma/enable"\nif')).toBeLessThan(script.indexOf('/trigger"\n  done\nfi'));
});
