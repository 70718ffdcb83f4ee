/** Checks of folders and the workspace, fix all, and the way from a code lens to the hover. */

import * as vscode from 'vscode';
import { CHECK_COMMAND, type CheckSummary, CLEAR_COMMAND } from '../server/protocol';
import type { Server } from './server';

const SHOW_FINDINGS = 'Show Findings';

export function registerChecks(context: vscode.ExtensionContext, server: Server, hasFiles: boolean): void {
  const check = async (folders: readonly vscode.Uri[]) => {
    if (folders.length === 0) {
      void vscode.window.showInformationMessage('Open a folder first: there is none to check.');
      return;
    }
    if (!hasFiles || folders.some((one) => one.scheme !== 'file')) {
      void vscode.window.showInformationMessage(
        'Checking folders needs files on disk. Open files are checked as ever.',
      );
      return;
    }
    try {
      await tell(await runCheck(server, folders));
    } catch (error) {
      if (error instanceof vscode.CancellationError) return;
      void vscode.window.showErrorMessage(
        `The check failed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  };

  context.subscriptions.push(
    vscode.commands.registerCommand('dmaLens.checkWorkspace', () =>
      check((vscode.workspace.workspaceFolders ?? []).map((one) => one.uri)),
    ),
    vscode.commands.registerCommand('dmaLens.checkFolder', async (clicked: unknown, selected: unknown) => {
      const given = Array.isArray(selected) && 0 < selected.length ? selected : [clicked];
      const uris = given.filter((one): one is vscode.Uri => one instanceof vscode.Uri);
      const folders = 0 < uris.length ? uris : await askFolders();
      if (folders) await check(folders);
    }),
    vscode.commands.registerCommand('dmaLens.clearFindings', () =>
      server.ask('workspace/executeCommand', { command: CLEAR_COMMAND }),
    ),
    vscode.commands.registerCommand('dmaLens.fixAll', fixAll),
    vscode.commands.registerCommand('dmaLens.showHover', showHover),
  );
}

async function askFolders(): Promise<readonly vscode.Uri[] | undefined> {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  return vscode.window.showOpenDialog({
    title: 'Folder to check for DMA mistakes',
    openLabel: 'Check',
    canSelectFiles: false,
    canSelectFolders: true,
    canSelectMany: true,
    ...(first && { defaultUri: first.uri }),
  });
}

let checks = 0;

function runCheck(server: Server, folders: readonly vscode.Uri[]): Thenable<CheckSummary> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: 'Checking for DMA mistakes',
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    await server.start();
    checks += 1;
    const workDoneToken = `dmaLens.check.${checks}`;
    let reached = 0;
    const listening = server.onProgress(workDoneToken, ({ message, percentage = reached }) => {
      progress.report({ ...(message !== undefined && { message }), increment: percentage - reached });
      reached = percentage;
    });
    const params = { command: CHECK_COMMAND, arguments: folders.map(String), workDoneToken };
    try {
      return await server.ask<CheckSummary>('workspace/executeCommand', params, token);
    } finally {
      listening.dispose();
    }
  });
}

async function tell({ analyzed, findings, failed, cancelled }: CheckSummary): Promise<void> {
  const found = findings === 0 ? 'no findings' : findings === 1 ? '1 finding' : `${findings} findings`;
  const broken = failed === 0 ? '' : `, ${failed} could not be read`;
  const end = cancelled ? ' (cancelled; what was found is kept)' : '';
  const message = `${found} in ${analyzed} files that use the DMA API${broken}${end}`;
  const chosen = await vscode.window.showInformationMessage(message, ...(0 < findings ? [SHOW_FINDINGS] : []));
  if (chosen === SHOW_FINDINGS) await vscode.commands.executeCommand('dmaLens.findings.focus');
}

async function fixAll(): Promise<void> {
  await vscode.commands.executeCommand('editor.action.codeAction', { kind: 'source.fixAll.dmaLens', apply: 'first' });
}

/** From a code lens: puts the cursor on the finding and shows what a hover shows. */
async function showHover(uri: unknown, position: unknown): Promise<void> {
  if (typeof uri !== 'string' || typeof position !== 'object' || position === null) return;
  if (!('line' in position) || !('character' in position)) return;
  const editor = await vscode.window.showTextDocument(vscode.Uri.parse(uri));
  const at = new vscode.Position(Number(position.line), Number(position.character));
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  await vscode.commands.executeCommand('editor.action.showHover');
}
