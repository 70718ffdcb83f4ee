/** What the extension does on every kind of VS Code. Knows nothing about C. */

import * as vscode from 'vscode';
import type { BaseLanguageClient, LanguageClientOptions } from 'vscode-languageclient';
import { registerChecks } from './checks';
import { registerExplorer } from './explorer/panel';
import { registerFindings } from './findings';
import { createRelevance } from './relevance';
import { registerReport } from './report';
import { registerRulePages } from './rulePages';
import { createServer, type Server } from './server';
import { registerSettingsCommands } from './settingsCommands';
import { registerStatus } from './status';
import { registerTasks } from './tasks';
import { registerTraces } from './traces';

/** What differs between the desktop and the browser. */
export interface Host {
  /** The server reads files from disk. */
  readonly hasFiles: boolean;
  createClient(options: LanguageClientOptions): BaseLanguageClient | Promise<BaseLanguageClient>;
}

export function activateWith(context: vscode.ExtensionContext, host: Host): Server {
  const output = vscode.window.createOutputChannel('DMA Lens', { log: true });
  const server = createServer(context, output, host);
  const relevance = createRelevance();
  context.subscriptions.push(output, server);

  const consider = async (document: vscode.TextDocument) => {
    if (!server.isStarted && (await relevance.isRelevant(document))) {
      output.info('the first file to analyze is open: starting the server');
      await server.start();
    }
  };
  // The workspace may be a kernel tree with hundreds of open editors: the first relevant one decides.
  for (const document of vscode.workspace.textDocuments) void consider(document);
  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument((document) => void consider(document)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => void consider(document)),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration('dmaLens')) return;
      for (const document of vscode.workspace.textDocuments) void consider(document);
    }),
  );

  registerRulePages(context);
  registerFindings(context);
  registerChecks(context, server, host.hasFiles);
  registerStatus(context, server);
  registerSettingsCommands(context);
  registerReport(context, server, output);
  registerTasks(context, host.hasFiles);
  registerExplorer(context, server);
  registerTraces(context, server);
  return server;
}
