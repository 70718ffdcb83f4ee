/** Starts the language server and keeps it running; knows nothing about C. */

import * as vscode from 'vscode';
import {
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  TransportKind,
} from 'vscode-languageclient/node';
import { THEME_CHANGED } from '../server/protocol';

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel('DMA Lens', { log: true });
  context.subscriptions.push(output);
  client = createClient(context, output);
  context.subscriptions.push(
    vscode.commands.registerCommand('dmaLens.restart', async () => {
      await client?.restart();
      output.info('the server was restarted');
    }),
    vscode.commands.registerCommand('dmaLens.showOutput', () => output.show()),
    vscode.commands.registerCommand('dmaLens.explainRule', (rule: unknown) => explainRule(context, rule)),
    vscode.commands.registerCommand('dmaLens.showHover', showHover),
    vscode.window.onDidChangeActiveColorTheme(() => void client?.sendNotification(THEME_CHANGED, themeKind())),
  );
  try {
    await client.start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const choice = await vscode.window.showErrorMessage(
      `DMA Lens could not start its server: ${reason}`,
      'Show Output',
    );
    if (choice) output.show();
  }
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

function createClient(context: vscode.ExtensionContext, output: vscode.LogOutputChannel): LanguageClient {
  const module = context.asAbsolutePath('dist/server.js');
  const serverOptions: ServerOptions = {
    run: { module, transport: TransportKind.ipc },
    debug: { module, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6009'] } },
  };
  const clientOptions: LanguageClientOptions = {
    documentSelector: [{ language: 'c' }],
    outputChannel: output,
    markdown: { isTrusted: { enabledCommands: ['dmaLens.explainRule'] }, supportHtml: false },
    initializationOptions: {
      images: true,
      theme: themeKind(),
      rulePages: vscode.Uri.joinPath(context.extensionUri, 'docs/rules/').toString(),
    },
    synchronize: { configurationSection: 'dmaLens' },
  };
  return new LanguageClient('dmaLens', 'DMA Lens', serverOptions, clientOptions);
}

function themeKind(): 'light' | 'dark' | 'high-contrast' {
  const { kind } = vscode.window.activeColorTheme;
  if (kind === vscode.ColorThemeKind.HighContrast) return 'high-contrast';
  return kind === vscode.ColorThemeKind.Dark ? 'dark' : 'light';
}

/** Opens the page of a rule; asks which one when none is given. */
async function explainRule(context: vscode.ExtensionContext, rule: unknown): Promise<void> {
  const folder = vscode.Uri.joinPath(context.extensionUri, 'docs/rules');
  const pages = (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name.replace(/\.md$/, ''));
  const chosen =
    typeof rule === 'string' && pages.includes(rule)
      ? rule
      : await vscode.window.showQuickPick(pages, { title: 'Explain Rule' });
  if (chosen) await vscode.commands.executeCommand('markdown.showPreview', vscode.Uri.joinPath(folder, `${chosen}.md`));
}

/** From a code lens: puts the cursor on the finding and shows what a hover shows. */
async function showHover(uri: string, position: { line: number; character: number }): Promise<void> {
  const editor = await vscode.window.showTextDocument(vscode.Uri.parse(uri));
  const at = new vscode.Position(position.line, position.character);
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at));
  await vscode.commands.executeCommand('editor.action.showHover');
}
