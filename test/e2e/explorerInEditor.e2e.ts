/** From a hover in a real VS Code to the layout explorer, in three themes; the pictures are kept and looked at. */

import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Host, startHost } from './host';
import { hover, launch, leaveHover, open, palette, webview } from './page';

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
    settings: { 'dmaLens.kernel': '4.4' },
  });
  browser = await launch();
  page = await open(browser, host.url);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  host?.stop();
});

async function showCapture(theme: string): Promise<void> {
  await host.run(
    async (vscode, path, theme) => {
      await vscode.workspace
        .getConfiguration()
        .update('workbench.colorTheme', theme, vscode.ConfigurationTarget.Global);
      for (const id of ['closeQuickOpen', 'closePanel', 'editorLayoutSingle', 'closeAllEditors']) {
        await vscode.commands.executeCommand(`workbench.action.${id}`);
      }
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path));
      const editor = vscode.window.activeTextEditor;
      editor?.revealRange(new vscode.Range(40, 0, 80, 0), vscode.TextEditorRevealType.AtTop);
    },
    `${host.workspace}/capture.c`,
    theme,
  );
}

test.each([
  ['light', 'Default Light Modern'],
  ['dark', 'Default Dark Modern'],
  ['high-contrast', 'Default High Contrast'],
])('%s: the hover shows the hole, the explorer opens with that list', async (name, theme) => {
  await showCapture(theme);
  const box = await hover(page, 'capture_contiguous_size', 'layout explorer');
  const pictures = box.locator('img');
  const width = (image: Element) => (image instanceof HTMLImageElement ? image.naturalWidth : 0);
  await expect.poll(() => pictures.nth(1).evaluate(width)).toBe(640);
  await page.screenshot({ path: `${ARTIFACTS}/hover-${name}.png` });
  await pictures.nth(1).scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${ARTIFACTS}/hover-${name}-2.png` });
  await box.getByText('Open in the layout explorer').nth(1).click();
  await leaveHover(page);
  const explorer = webview(page);
  await explorer.locator('[id="card-iommu-dma-4.4"]').getByText('64 KiB, 16 KiB, hole of 48 KiB, 64 KiB').waitFor();
  expect(await explorer.locator('#kernel').inputValue()).toBe('4.4');
  await page.screenshot({ path: `${ARTIFACTS}/explorer-in-editor-${name}.png` });
});

test('the command opens it for the mapping at the cursor, and the state survives being hidden', async () => {
  await showCapture('Default Dark Modern');
  await host.run((vscode) => {
    const editor = vscode.window.activeTextEditor;
    if (!editor) return;
    const at = editor.document.positionAt(editor.document.getText().indexOf('size < buf->size') + 8);
    editor.selection = new vscode.Selection(at, at);
  });
  await palette(page, 'DMA Lens: Open Layout Explorer');
  const explorer = webview(page);
  await explorer.locator('#entry-1').waitFor();
  await explorer.locator('#entry-1').click();
  await page.keyboard.press('Delete');
  await expect.poll(() => explorer.locator('.entry').count()).toBe(1);
  await host.run(
    (vscode, path) =>
      vscode.commands
        .executeCommand('vscode.open', vscode.Uri.file(path), vscode.ViewColumn.Beside)
        .then(() => undefined),
    `${host.workspace}/cipher.c`,
  );
  await host.run((vscode) =>
    vscode.commands.executeCommand('workbench.action.focusSecondEditorGroup').then(() => undefined),
  );
  await host.run((vscode) =>
    vscode.commands.executeCommand('workbench.action.openPreviousEditorFromHistory').then(() => undefined),
  );
  await palette(page, 'DMA Lens: Open Layout Explorer');
  await explorer.locator('.entry').first().waitFor();
});
