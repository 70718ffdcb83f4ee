/** From a hover in a real VS Code to the layout explorer, in three themes; the pictures are kept and looked at. */

import { expect, test } from 'vitest';
import { hover, leaveHover, palette, webview } from './page';
import { ARTIFACTS, SLOW, useEditor } from './setup';

const editor = useEditor({ workspace: 'test/fixtures/demo', settings: { 'dmaLens.kernel': '4.4' } });

async function showCapture(theme: string): Promise<void> {
  await editor.host.run(
    (vscode, theme) =>
      vscode.workspace.getConfiguration().update('workbench.colorTheme', theme, vscode.ConfigurationTarget.Global),
    theme,
  );
  await editor.command('workbench.action.editorLayoutSingle');
  await editor.show('capture.c');
  await expect.poll(async () => (await editor.diagnostics('capture.c')).length, SLOW).toBe(1);
  await editor.goTo('if (size < buf->size)');
}

test.each([
  ['light', 'Default Light Modern'],
  ['dark', 'Default Dark Modern'],
  ['high-contrast', 'Default High Contrast'],
])('%s: the hover shows the hole, the explorer opens with that list', async (name, theme) => {
  const { page } = editor;
  await showCapture(theme);
  const box = await hover(page, 'capture_contiguous_size', 'layout explorer');
  const pictures = box.locator('img');
  const width = (image: Element) => (image instanceof HTMLImageElement ? image.naturalWidth : 0);
  await expect.poll(() => pictures.nth(1).evaluate(width), SLOW).toBe(640);
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

test('the command opens it for the mapping at the cursor; what was changed is there when it comes back', async () => {
  const { page } = editor;
  await showCapture('Default Dark Modern');
  await palette(page, 'DMA Lens: Open Layout Explorer');
  const explorer = webview(page);
  await explorer.locator('#entry-1').focus();
  await page.keyboard.press('Delete');
  await expect.poll(() => explorer.locator('.entry').count(), SLOW).toBe(1);
  // Another editor over it hides the page; closing that one brings it back.
  await editor.show('cipher.c');
  await page.locator('.tab', { hasText: 'cipher.c' }).waitFor();
  await editor.command('workbench.action.closeActiveEditor');
  await expect.poll(() => explorer.locator('.entry').count(), SLOW).toBe(1);
});
