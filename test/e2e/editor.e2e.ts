/** The extension in a real VS Code, driven through Chromium. `npm run test:e2e` prepares what this needs. */

import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Host, startHost } from './host';
import { hover, launch, leaveHover, open, palette, problem } from './page';

const ARTIFACTS = 'test/e2e/artifacts';
let host: Host;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  const { E2E_VSCODE, E2E_NODE, E2E_VSIX } = process.env;
  if (!E2E_VSCODE || !E2E_NODE || !E2E_VSIX) throw new Error('run this with: npm run test:e2e');
  host = await startHost({
    vscode: E2E_VSCODE,
    node: E2E_NODE,
    extensions: E2E_VSIX.split(','),
    workspace: 'test/fixtures/demo',
    settings: process.env['E2E_THEME'] ? { 'workbench.colorTheme': process.env['E2E_THEME'] } : {},
  });
  browser = await launch();
  page = await open(browser, host.url);
}, 90_000);

afterAll(async () => {
  await browser?.close();
  host?.stop();
});

beforeEach(async () => {
  await host.run(async (vscode) => {
    for (const id of ['closeQuickOpen', 'closePanel', 'closeAllEditors']) {
      await vscode.commands.executeCommand(`workbench.action.${id}`);
    }
    await vscode.commands.executeCommand('notifications.clearAll');
  });
});

afterEach(async ({ task }) => {
  const state = task.result?.state === 'fail' ? 'FAILED ' : '';
  await page.screenshot({ path: `${ARTIFACTS}/${state}${task.name}.png` });
});

const show = (file: string) =>
  host.run(
    (vscode, path) => vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path)).then(() => undefined),
    `${host.workspace}/${file}`,
  );

const diagnostics = (file: string) =>
  host.run(
    (vscode, path) =>
      vscode.languages.getDiagnostics(vscode.Uri.file(path)).map((one) => ({ message: one.message, code: one.code })),
    `${host.workspace}/${file}`,
  );

const text = () => host.run((vscode) => vscode.window.activeTextEditor?.document.getText() ?? '');

test('a driver gets its squiggle and its row in Problems', async () => {
  await show('capture.c');
  await expect.poll(() => diagnostics('capture.c'), { timeout: 15_000 }).toHaveLength(1);
  await host.run((vscode) => vscode.commands.executeCommand('workbench.actions.view.problems').then(() => undefined));
  await problem(page, 'capture_pin() needs').waitFor();
  await host.run((vscode) => {
    const editor = vscode.window.activeTextEditor;
    editor?.revealRange(new vscode.Range(48, 0, 60, 0), vscode.TextEditorRevealType.AtTop);
  });
  await page.locator('.squiggly-warning').first().waitFor();
});

test('the hover draws the layout that breaks it', async () => {
  await show('capture.c');
  await expect.poll(() => diagnostics('capture.c'), { timeout: 15_000 }).toHaveLength(1);
  await host.run((vscode) => {
    const editor = vscode.window.activeTextEditor;
    editor?.revealRange(new vscode.Range(40, 0, 80, 0), vscode.TextEditorRevealType.AtTop);
  });
  const box = await hover(page, 'capture_contiguous_size', 'capture_pin');
  const width = () =>
    box
      .locator('img')
      .first()
      .evaluate((image) => (image instanceof HTMLImageElement ? image.naturalWidth : 0));
  await expect.poll(width).toBe(640);
  await box.locator('img').first().scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${ARTIFACTS}/hover.png` });
  await leaveHover(page);
});

test('a quick fix from the light bulb mends the count', async () => {
  await show('cipher.c');
  await expect.poll(async () => (await diagnostics('cipher.c')).length, { timeout: 15_000 }).toBe(3);
  await host.run((vscode) => {
    const editor = vscode.window.activeTextEditor;
    if (!editor) return;
    const at = editor.document.positionAt(editor.document.getText().lastIndexOf('mapped, DMA'));
    editor.selection = new vscode.Selection(at, at);
    editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenter);
  });
  await page
    .locator('.lightBulbWidget:visible, .gutter-lightbulb:visible, .codicon-gutter-lightbulb-auto-fix:visible')
    .first()
    .waitFor();
  await page
    .locator('.editor-instance:visible .native-edit-context, .editor-instance:visible textarea')
    .first()
    .focus();
  await page.keyboard.press('Control+.');
  await page.locator('.action-widget .monaco-list-row.focused', { hasText: "Use 'nents'" }).waitFor();
  await page.keyboard.press('Enter');
  await expect.poll(text).toContain('dma_unmap_sg(dev, sgl, nents, DMA_BIDIRECTIONAL)');
  await expect.poll(async () => (await diagnostics('cipher.c')).length).toBe(2);
  await page.screenshot({ path: `${ARTIFACTS}/fixed.png` });
  await host.run((vscode) => vscode.commands.executeCommand('workbench.action.files.revert').then(() => undefined));
});

test('the server can be restarted', async () => {
  await show('accelerator.c');
  await expect.poll(() => diagnostics('accelerator.c'), { timeout: 15_000 }).toHaveLength(1);
  await palette(page, 'DMA Lens: Restart Server');
  await expect.poll(() => diagnostics('accelerator.c'), { timeout: 15_000 }).toHaveLength(1);
});
