/** Pages inside the editor: what a rule means, and a sample driver to try everything on. */

import * as vscode from 'vscode';

export function registerRulePages(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    vscode.commands.registerCommand('dmaLens.explainRule', (rule: unknown) => explainRule(context, rule)),
    vscode.commands.registerCommand('dmaLens.openSample', () => openSample(context)),
    vscode.commands.registerCommand('dmaLens.openWalkthrough', () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', `${context.extension.id}#dmaLens.start`),
    ),
  );
}

/** Opens the page of a rule; asks which one when none is given. */
async function explainRule(context: vscode.ExtensionContext, rule: unknown): Promise<void> {
  const folder = vscode.Uri.joinPath(context.extensionUri, 'docs/rules');
  const files = await vscode.workspace.fs.readDirectory(folder);
  const pages = files.map(([name]) => name.replace(/\.md$/, '')).sort();
  const wanted = nameOf(rule);
  const title = 'Explain Rule';
  const placeHolder = 'Rule to explain';
  const chosen =
    wanted !== undefined && pages.includes(wanted)
      ? wanted
      : await vscode.window.showQuickPick(pages, { title, placeHolder });
  if (chosen) await vscode.commands.executeCommand('markdown.showPreview', vscode.Uri.joinPath(folder, `${chosen}.md`));
}

/** An id, or a node of the findings tree that stands for a rule. */
function nameOf(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  if (typeof given !== 'object' || given === null) return undefined;
  if ('problem' in given && typeof given.problem === 'object' && given.problem !== null && 'rule' in given.problem) {
    return String(given.problem.rule);
  }
  if ('group' in given && typeof given.group === 'object' && given.group !== null && 'key' in given.group) {
    return String(given.group.key);
  }
  return undefined;
}

/** A copy, so that the user may try fixes on it. */
async function openSample(context: vscode.ExtensionContext): Promise<void> {
  const bytes = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(context.extensionUri, 'samples/driver.c'));
  const content = new TextDecoder().decode(bytes);
  const document = await vscode.workspace.openTextDocument({ language: 'c', content });
  await vscode.window.showTextDocument(document, { preview: false });
}
