/** The extension in the browser's own extension host: no Node, the server is a worker. */

import { expect, test } from 'vitest';
import { hover, leaveHover, problem, quickFix } from './page';
import { SLOW, useEditor } from './setup';

const editor = useEditor({ workspace: 'test/fixtures/demo', web: true });

test('diagnostics, a hover with its picture, and a fix', async () => {
  await editor.show('capture.c');
  await expect.poll(async () => (await editor.diagnostics('capture.c')).length, SLOW).toBe(1);
  await editor.command('workbench.actions.view.problems');
  await problem(editor.page, 'capture_pin() needs').waitFor();
  await editor.command('workbench.action.closePanel');
  await editor.goTo('size = capture_contiguous_size');
  const box = await hover(editor.page, 'capture_contiguous_size', 'capture_pin');
  await box.locator('img').first().waitFor();
  await editor.shot('web hover');
  await leaveHover(editor.page);

  await editor.show('cipher.c');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(3);
  await editor.goTo('mapped, DMA_BIDIRECTIONAL');
  await quickFix(editor.page, "Use 'nents'");
  await expect.poll(editor.text, SLOW).toContain('dma_unmap_sg(dev, sgl, nents, DMA_BIDIRECTIONAL)');
  await expect.poll(async () => (await editor.diagnostics('cipher.c')).length, SLOW).toBe(2);
  expect(await editor.host.run((vscode) => vscode.extensions.getExtension('dma-lens.dma-lens') === undefined)).toBe(
    true,
  );
});
