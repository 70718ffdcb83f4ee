/** The server's life: not before it is needed, back after a crash; reports, samples, untrusted folders. */

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { palette, quickFix, toast } from './page';
import { SLOW, useEditor } from './setup';

const editor = useEditor({
  workspace: 'test/fixtures/demo',
  settings: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' },
});

/** Processes of the language server below the editor. */
function servers(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dist/cli.js\0lsp') && isBelow(pid, editor.host.pid)
        );
      } catch {
        return false;
      }
    });
}

function isBelow(pid: number, ancestor: number): boolean {
  for (let at = pid; 1 < at; ) {
    if (at === ancestor) return true;
    at = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${at}/stat`, 'utf8'))?.[1] ?? 0);
  }
  return false;
}

describe('in a folder that nobody trusts', () => {
  test('the server does not run for a C file without DMA, and starts when one uses it', async () => {
    await editor.host.run(async (vscode) => {
      const document = await vscode.workspace.openTextDocument({
        language: 'c',
        content: 'int main(void) { return 0; }\n',
      });
      await vscode.window.showTextDocument(document);
    });
    await expect
      .poll(() => editor.host.run((vscode) => vscode.extensions.getExtension('dma-lens.dma-lens')?.isActive), SLOW)
      .toBe(true);
    await sleep(500); // Nothing can tell that something will not happen.
    expect(servers()).toEqual([]);
    await editor.show('cipher.c');
    await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(3);
    expect(servers()).toHaveLength(1);
    expect(await editor.host.run((vscode) => vscode.workspace.isTrusted)).toBe(false);
  });

  test('fixes work as ever', async () => {
    await editor.show('cipher.c');
    await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(3);
    await editor.goTo('mapped, DMA_BIDIRECTIONAL');
    await quickFix(editor.page, "Use 'nents'");
    await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(2);
    await editor.shot('untrusted');
  });
});

test('a killed server comes back, with a message, and one only', async () => {
  await editor.show('cipher.c');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(3);
  const [first] = servers();
  if (first === undefined) throw new Error('no server runs');
  process.kill(first, 'SIGKILL');
  await toast(editor.page, 'stopped unexpectedly and is started again in 1 s').waitFor(SLOW);
  await editor.shot('crash');
  await expect.poll(() => servers().filter((pid) => pid !== first).length, SLOW).toBe(1);
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(3);
});

test('the server can be restarted', async () => {
  await editor.show('accelerator.c');
  await expect.poll(async () => (await editor.diagnostics('accelerator.c')).length, SLOW).toBe(1);
  const before = servers();
  await palette(editor.page, 'DMA Lens: Restart Server');
  await expect.poll(() => servers().filter((pid) => !before.includes(pid)).length, SLOW).toBe(1);
  await expect.poll(async () => (await editor.diagnostics('accelerator.c')).length, SLOW).toBe(1);
});

test('a report holds versions and timing, and neither text nor names of files', async () => {
  await editor.show('cipher.c');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(3);
  await palette(editor.page, 'DMA Lens: Collect Report');
  await expect.poll(editor.text, SLOW).toContain('"analyses"');
  const report = await editor.text();
  expect(JSON.parse(report)).toMatchObject({ trusted: false, state: 'running', server: { openDocuments: 1 } });
  for (const secret of ['cipher', 'mapped', editor.host.workspace]) expect(report).not.toContain(secret);
});

test('the editor tells how long activation took', async () => {
  await editor.show('cipher.c');
  await editor.command('workbench.action.showRuntimeExtensions');
  const line = editor.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'DMA Lens' });
  await line.waitFor();
  const text = await line.innerText();
  expect(text).toMatch(/Activation(?: \(Startup\))?: \d+ms/);
  console.info(/Activation.*ms/.exec(text)?.[0]);
  await editor.shot('activation');
});

test('the walkthrough leads from the sample to the first fix', async () => {
  await palette(editor.page, 'DMA Lens: Open Walkthrough');
  const page = editor.page.locator('.gettingStartedContainer:visible');
  await page.getByText('Open a driver with mistakes').first().waitFor(SLOW);
  await editor.shot('walkthrough');
  await page.getByRole('button', { name: 'Open Sample Driver' }).click();
  await expect.poll(editor.text, SLOW).toContain('A sample driver with three mistakes');
  const found = () =>
    editor.host.run(
      (vscode) =>
        vscode.languages
          .getDiagnostics()
          .filter(([uri]) => uri.scheme === 'untitled')
          .flatMap(([, all]) => all).length,
    );
  await expect.poll(found, SLOW).toBe(3);
  await palette(editor.page, 'DMA Lens: Go to Next Finding');
  await palette(editor.page, 'DMA Lens: Fix All in File');
  await expect.poll(editor.text, SLOW).toContain('sample->sgl, sample->nents, DMA_FROM_DEVICE');
  await editor.shot('walkthrough fixed');
});
