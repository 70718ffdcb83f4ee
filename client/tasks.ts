/** Tasks that run the command line, whose output the problem matcher reads. */

import * as vscode from 'vscode';

const TYPE = 'dma-lens';

export function registerTasks(context: vscode.ExtensionContext, hasFiles: boolean): void {
  if (!hasFiles) return;
  const program = vscode.Uri.joinPath(context.extensionUri, 'dist/cli.js').fsPath;
  const provider: vscode.TaskProvider = {
    provideTasks: () =>
      (vscode.workspace.workspaceFolders ?? []).map((folder) => toTask({ type: TYPE, paths: ['.'] }, folder, program)),
    resolveTask: (task) => {
      const folder = typeof task.scope === 'object' ? task.scope : vscode.workspace.workspaceFolders?.[0];
      return folder && toTask(task.definition, folder, program);
    },
  };
  context.subscriptions.push(vscode.tasks.registerTaskProvider(TYPE, provider));
}

/** `dma-lens check` over the paths of the definition, with the Node that runs this extension. */
function toTask(definition: vscode.TaskDefinition, folder: vscode.WorkspaceFolder, program: string): vscode.Task {
  const strings = (value: unknown): readonly string[] =>
    Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  const paths = strings(definition['paths']);
  const args = [
    program,
    'check',
    '--format',
    'gcc',
    ...strings(definition['args']),
    ...(0 < paths.length ? paths : ['.']),
  ];
  const options = { cwd: folder.uri.fsPath, env: { ELECTRON_RUN_AS_NODE: '1' } };
  const execution = new vscode.ProcessExecution(process.execPath, args, options);
  const name = paths.length === 0 || paths.join() === '.' ? 'check' : `check ${paths.join(' ')}`;
  const task = new vscode.Task(definition, folder, name, 'DMA Lens', execution, '$dma-lens');
  task.group = vscode.TaskGroup.Test;
  task.detail = 'Finds wrong assumptions about DMA mappings';
  return task;
}
