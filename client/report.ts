/** "Collect Report": facts for a bug report, without source text and without names of files. */

import * as vscode from 'vscode';
import { REPORT_REQUEST, type ServerReport } from '../server/protocol';
import { SETTINGS } from '../server/settings';
import type { Server } from './server';

export function registerReport(
  context: vscode.ExtensionContext,
  server: Server,
  output: vscode.LogOutputChannel,
): void {
  context.subscriptions.push(
    vscode.commands.registerCommand('dmaLens.collectReport', async () => {
      const content = `${JSON.stringify(await collect(context, server, output), undefined, 2)}\n`;
      const document = await vscode.workspace.openTextDocument({ language: 'json', content });
      await vscode.window.showTextDocument(document, { preview: false });
    }),
  );
}

async function collect(context: vscode.ExtensionContext, server: Server, output: vscode.LogOutputChannel) {
  const { version } = context.extension.packageJSON as { version?: unknown };
  return {
    extension: version,
    editor: `${vscode.env.appName} ${vscode.version}`,
    host: vscode.env.uiKind === vscode.UIKind.Web ? 'web' : 'desktop',
    remote: vscode.env.remoteName !== undefined,
    trusted: vscode.workspace.isTrusted,
    folders: vscode.workspace.workspaceFolders?.length ?? 0,
    logLevel: vscode.LogLevel[output.logLevel],
    // Only what differs from the defaults, and only settings that name no files.
    settings: changedSettings(),
    state: server.state,
    server: await askServer(server),
  };
}

function changedSettings(): Readonly<Record<string, unknown>> {
  const configuration = vscode.workspace.getConfiguration('dmaLens');
  const changed = Object.keys(SETTINGS).filter((name) => {
    const found = configuration.inspect(name);
    return found?.globalValue !== undefined || found?.workspaceValue !== undefined;
  });
  return Object.fromEntries(changed.map((name) => [name, configuration.get<unknown>(name)]));
}

async function askServer(server: Server): Promise<ServerReport | string> {
  try {
    return await server.ask<ServerReport>(REPORT_REQUEST);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
