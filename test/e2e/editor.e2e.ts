/** What a user meets while editing a driver, in a real VS Code. */

import { copyFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { focusEditor, hover, leaveHover, lens, palette, problem, quickFix, webview } from './page';
import { SLOW, useEditor } from './setup';

const editor = useEditor({
  workspace: 'test/fixtures/demo',
  prepare: (workspace) => copyFileSync('test/fixtures/trace-6.12.txt', `${workspace}/trace.txt`),
  settings: { 'editor.codeActionsOnSave': { 'source.fixAll.dmaLens': 'explicit' } },
});

const codes = async (file: string) => (await editor.diagnostics(file)).map((one) => one.code);

test('a driver gets its squiggle and its row in Problems', async () => {
  await editor.show('capture.c');
  await expect.poll(() => codes('capture.c'), SLOW).toEqual(['contiguity-required']);
  await editor.command('workbench.actions.view.problems');
  await problem(editor.page, 'capture_pin() needs').waitFor();
  await editor.goTo('if (size < buf->size)');
  await editor.page.locator('.squiggly-warning').first().waitFor();
  await editor.shot('diagnostics', { x: 48, y: 340, width: 1352, height: 420 });
});

test('diagnostics appear and vanish while typing', async () => {
  await editor.show('cipher.c');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(3);
  await editor.goTo('mapped, DMA_BIDIRECTIONAL');
  await focusEditor(editor.page);
  for (let key = 0; key < 'mapped'.length; key++) await editor.page.keyboard.press('Delete');
  await editor.page.keyboard.type('nents');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(2);
  await editor.page.keyboard.press('Backspace');
  await editor.page.keyboard.type('s + 0');
  for (let key = 0; key < 'nents + 0'.length; key++) await editor.page.keyboard.press('Backspace');
  await editor.page.keyboard.type('mapped');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(3);
});

test('the hover draws the layout that breaks it', async () => {
  await editor.show('capture.c');
  await expect.poll(() => codes('capture.c'), SLOW).toEqual(['contiguity-required']);
  await editor.goTo('size = capture_contiguous_size');
  await lens(editor.page, 'on 1 of 5 platforms').waitFor(); // Its line moves the words below.
  const box = await hover(editor.page, 'capture_contiguous_size', 'capture_pin');
  const width = () =>
    box
      .locator('img')
      .first()
      .evaluate((image) => (image instanceof HTMLImageElement ? image.naturalWidth : 0));
  await expect.poll(width, SLOW).toBe(640);
  await box.locator('img').first().scrollIntoViewIfNeeded();
  await editor.shot('hover', { x: 48, y: 36, width: 1100, height: 560 });
  await leaveHover(editor.page);
});

test('a code lens counts platforms and leads to the hover', async () => {
  await editor.show('capture.c');
  await expect.poll(() => codes('capture.c'), SLOW).toEqual(['contiguity-required']);
  await editor.goTo('if (size < buf->size)');
  await lens(editor.page, 'on 1 of 5 platforms').click();
  await editor.page.locator('.monaco-hover:visible').filter({ hasText: 'capture_pin' }).first().waitFor();
  await leaveHover(editor.page);
});

test('a quick fix from the light bulb mends the count', async () => {
  await editor.show('cipher.c');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(3);
  await editor.goTo('mapped, DMA_BIDIRECTIONAL');
  await quickFix(editor.page, "Use 'nents'", () => editor.shot('fix', { x: 48, y: 300, width: 900, height: 420 }));
  await expect.poll(editor.text, SLOW).toContain('dma_unmap_sg(dev, sgl, nents, DMA_BIDIRECTIONAL)');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(2);
});

test('a finding is allowed with a reason that is typed into the placeholder', async () => {
  await editor.show('cipher.c');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(3);
  await editor.goTo('mapped, DMA_BIDIRECTIONAL');
  await quickFix(editor.page, "Allow 'unmap-with-mapped-count' here");
  await expect.poll(editor.text, SLOW).toContain('/* dma-lens: allow(unmap-with-mapped-count) reason */');
  await editor.page.keyboard.type('one entry only');
  await expect.poll(editor.text, SLOW).toContain('/* dma-lens: allow(unmap-with-mapped-count) one entry only */');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(2);
});

test('all automatic fixes are applied on save', async () => {
  await editor.show('cipher.c');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(3);
  await editor.goTo('static int cipher_probe_once');
  await focusEditor(editor.page);
  await editor.page.keyboard.type('\n');
  await editor.page.keyboard.press('Control+s');
  await expect.poll(editor.text, SLOW).not.toContain('sgl, mapped');
  await expect
    .poll(() => editor.host.run((vscode) => vscode.window.activeTextEditor?.document.isDirty), SLOW)
    .toBe(false);
});

test('a rule is explained inside the editor, from the link of a problem', async () => {
  await editor.show('capture.c');
  await expect.poll(() => codes('capture.c'), SLOW).toEqual(['contiguity-required']);
  await editor.command('workbench.actions.view.problems');
  await problem(editor.page, 'capture_pin() needs').getByText('contiguity-required').first().click();
  await editor.page.locator('.tab', { hasText: 'contiguity-required' }).waitFor();
});

test('a setting takes effect without a reload', async () => {
  await editor.show('capture.c');
  await expect.poll(() => codes('capture.c'), SLOW).toEqual(['contiguity-required']);
  const set = (value: unknown) =>
    editor.host.run(
      (vscode, severities) =>
        vscode.workspace
          .getConfiguration('dmaLens')
          .update('severities', severities ?? undefined, vscode.ConfigurationTarget.Global),
      value,
    );
  await set({ 'contiguity-required': 'off' });
  await expect.poll(() => codes('capture.c'), SLOW).toEqual([]);
  await set(null);
  await expect.poll(() => codes('capture.c'), SLOW).toEqual(['contiguity-required']);
});

test('the language status names kernel and platforms, and leads to the choice', async () => {
  await editor.show('capture.c');
  await expect.poll(() => codes('capture.c'), SLOW).toEqual(['contiguity-required']);
  await editor.page.locator('[id="status.languageStatus"]').hover();
  const status = editor.page.locator('.hover-language-status');
  await status.filter({ hasText: 'Linux 6.18' }).waitFor();
  await status.filter({ hasText: '5 platforms' }).waitFor();
  await editor.shot('status', { x: 800, y: 640, width: 600, height: 260 });
  await editor.page.mouse.move(5, 450);
  await palette(editor.page, 'DMA Lens: Choose Target Kernel');
  await editor.page.locator('.quick-input-list-row', { hasText: '4.4' }).first().waitFor();
  await editor.page.keyboard.type('4.4');
  await editor.page.keyboard.press('Enter');
  await expect
    .poll(async () => (await editor.diagnostics('capture.c'))[0]?.message, SLOW)
    .toContain('with iommu-dma of 4.4');
  await editor.host.run((vscode) =>
    vscode.workspace.getConfiguration('dmaLens').update('kernel', undefined, vscode.ConfigurationTarget.Workspace),
  );
});

test('a recorded trace opens as a page', async () => {
  await editor.host.run((vscode, path) => {
    void vscode.commands.executeCommand('dmaLens.openTrace', vscode.Uri.file(path));
  }, editor.path('trace.txt'));
  const page = webview(editor.page);
  await page.locator('h1').first().waitFor();
  expect(await page.locator('body').innerText()).toContain('trace.txt');
  await editor.shot('trace');
});
