/** Checks of folders, the tree of findings, tasks: a real VS Code with many files. */

import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { palette, problem, row, toast } from './page';
import { SLOW, useEditor } from './setup';

const BULK = 300;

const editor = useEditor({
  workspace: 'test/fixtures/demo',
  prepare(workspace) {
    mkdirSync(join(workspace, 'drivers'));
    copyFileSync(join(workspace, 'cipher.c'), join(workspace, 'drivers/crypto.c'));
    copyFileSync('samples/driver.c', join(workspace, 'drivers/sample.c'));
    const capture = readFileSync(join(workspace, 'capture.c'), 'utf8');
    mkdirSync(join(workspace, 'bulk'));
    for (let index = 0; index < BULK; index++) {
      const copies = [1, 2].map((copy) => capture.replaceAll('capture_', `c${index}_${copy}_`));
      writeFileSync(join(workspace, `bulk/capture${index}.c`), copies.join('\n'));
    }
    cpSync('test/fixtures/demo/cipher.c', join(workspace, 'edited.c'));
  },
});

const count = () =>
  editor.host.run(
    (vscode) =>
      vscode.languages
        .getDiagnostics()
        .flatMap(([, found]) => found)
        .filter((one) => one.source === 'dma-lens').length,
  );

/** From the explorer's menu, which hands the folder over. */
const checkFolder = (name: string) =>
  editor.host.run((vscode, path) => {
    void vscode.commands.executeCommand('dmaLens.checkFolder', vscode.Uri.file(path));
  }, editor.path(name));

test('a folder is checked; findings stand in Problems and in the tree, by rule, file and platform', async () => {
  await checkFolder('drivers');
  await toast(editor.page, '6 findings in 2 files').waitFor(SLOW);
  await expect.poll(count, SLOW).toBe(6);
  await editor.command('dmaLens.findings.focus');
  await row(editor.page, 'unmap-with-mapped-count').first().waitFor();
  await row(editor.page, 'sample_start()').waitFor();
  await editor.shot('findings', { x: 0, y: 36, width: 700, height: 420 });
  await palette(editor.page, 'DMA Lens: Group Findings by File');
  await row(editor.page, /crypto\.c/)
    .first()
    .waitFor();
  await palette(editor.page, 'DMA Lens: Group Findings by Platform');
  await row(editor.page, 'swiotlb').first().waitFor();
  await row(editor.page, 'every platform').waitFor();
  await editor.shot('findings by platform');
  await palette(editor.page, 'DMA Lens: Group Findings by Rule');
  await editor.command('workbench.actions.view.problems');
  await problem(editor.page, 'the result of dma_map_sg() is dropped').waitFor();
});

test('next and previous walk through all files', async () => {
  const place = () =>
    editor.host.run((vscode) => {
      const active = vscode.window.activeTextEditor;
      return `${active?.document.uri.path.split('/').at(-1)}:${(active?.selection.active.line ?? -1) + 1}`;
    });
  await palette(editor.page, 'DMA Lens: Go to Next Finding');
  await expect.poll(place, SLOW).toBe('crypto.c:22');
  await palette(editor.page, 'DMA Lens: Go to Next Finding');
  await expect.poll(place, SLOW).toBe('crypto.c:30');
  await palette(editor.page, 'DMA Lens: Go to Previous Finding');
  await expect.poll(place, SLOW).toBe('crypto.c:22');
  await palette(editor.page, 'DMA Lens: Go to Previous Finding');
  await expect.poll(place, SLOW).toBe('sample.c:44');
});

test('what was found follows the file: open, closed, changed on disk', async () => {
  await editor.show('drivers/sample.c');
  await expect.poll(async () => (await editor.diagnostics('drivers/sample.c')).length, SLOW).toBe(3);
  await editor.command('workbench.action.closeAllEditors');
  await expect.poll(async () => (await editor.diagnostics('drivers/sample.c')).length, SLOW).toBe(3);
  const file = editor.path('drivers/sample.c');
  writeFileSync(file, readFileSync(file, 'utf8').replace('sample->sgl, mapped', 'sample->sgl, sample->nents'));
  await expect.poll(async () => (await editor.diagnostics('drivers/sample.c')).length, SLOW).toBe(2);
});

test('a check of the workspace shows progress, is cancelled, and keeps what it has found', async () => {
  await palette(editor.page, 'DMA Lens: Check Workspace');
  const progress = toast(editor.page, 'Checking for DMA mistakes');
  await progress.filter({ hasText: /of \d+ files/ }).waitFor(SLOW);
  await editor.shot('progress');
  await progress.getByRole('button', { name: 'Cancel' }).click();
  await toast(editor.page, 'cancelled; what was found is kept').waitFor(SLOW);
  const found = await count();
  expect(found).toBeGreaterThan(0);
  expect(found).toBeLessThan(BULK * 2);
  await palette(editor.page, 'DMA Lens: Clear Results of Checks');
  await expect.poll(count, SLOW).toBe(0);
});

test('the task runs the command line, and its lines become problems', async () => {
  await editor.host.run(async (vscode) => {
    const folder = vscode.workspace.workspaceFolders?.[0];
    const tasks = await vscode.tasks.fetchTasks({ type: 'dma-lens' });
    const [task] = tasks;
    if (!task || !folder) throw new Error('no task');
    const execution = task.execution;
    if (!(execution instanceof vscode.ProcessExecution)) throw new Error('not a process');
    const narrowed = new vscode.Task(
      { type: 'dma-lens', paths: ['drivers'] },
      folder,
      'narrowed',
      'DMA Lens',
      new vscode.ProcessExecution(
        execution.process,
        [...execution.args.slice(0, -1), 'drivers'],
        execution.options ?? {},
      ),
      task.problemMatchers,
    );
    const ended = new Promise<void>((done) => {
      const listening = vscode.tasks.onDidEndTask(() => {
        listening.dispose();
        done();
      });
    });
    await vscode.tasks.executeTask(narrowed);
    await ended;
  });
  await editor.command('workbench.actions.view.problems');
  await problem(editor.page, 'is never tested with dma_mapping_error()').first().waitFor(SLOW);
});
