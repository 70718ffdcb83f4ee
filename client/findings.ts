/** All findings of the workspace in a tree, and the ways from one to the next. */

import * as vscode from 'vscode';
import { type FoundProblem, GROUPINGS, type Group, type Grouping, group, neighbour } from './grouping';

type Node =
  | { readonly kind: 'group'; readonly group: Group }
  | { readonly kind: 'problem'; readonly problem: FoundProblem };

const VIEW = 'dmaLens.findings';
const REMEMBERED = 'dmaLens.grouping';

export function registerFindings(context: vscode.ExtensionContext): void {
  const changed = new vscode.EventEmitter<undefined>();
  const remembered = context.workspaceState.get<unknown>(REMEMBERED);
  let by: Grouping = GROUPINGS.find((one) => one === remembered) ?? 'rule';
  let problems = findProblems();

  const view = vscode.window.createTreeView<Node>(VIEW, {
    showCollapseAll: true,
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getTreeItem: (node) => (node.kind === 'group' ? groupItem(node.group, by) : problemItem(node.problem, by)),
      getChildren: (node) =>
        node
          ? node.kind === 'group'
            ? node.group.problems.map((problem): Node => ({ kind: 'problem', problem }))
            : []
          : group(problems, by).map((one): Node => ({ kind: 'group', group: one })),
    },
  });

  const show = () => {
    const count = problems.length;
    view.badge = count === 0 ? undefined : { value: count, tooltip: `${count} DMA findings` };
    view.description = `by ${by}`;
    void vscode.commands.executeCommand('setContext', 'dmaLens.hasFindings', 0 < count);
    void vscode.commands.executeCommand('setContext', 'dmaLens.grouping', by);
    changed.fire(undefined);
  };

  let timer: ReturnType<typeof setTimeout> | undefined;
  const refresh = () => {
    clearTimeout(timer);
    // A check of the workspace reports file after file.
    timer = setTimeout(() => {
      problems = findProblems();
      show();
    }, 100);
  };

  const groupBy = (next: Grouping) => async () => {
    by = next;
    await context.workspaceState.update(REMEMBERED, by);
    show();
  };

  const go = (step: 1 | -1) => async () => {
    const editor = vscode.window.activeTextEditor;
    const at = editor?.selection.active;
    const from = editor && at && { file: editor.document.uri.toString(), line: at.line, character: at.character };
    const next = neighbour(findProblems(), from, step);
    if (next) await reveal(next);
    else void vscode.window.showInformationMessage('No DMA findings here. "Check Workspace" looks at all files.');
  };

  context.subscriptions.push(
    changed,
    view,
    new vscode.Disposable(() => clearTimeout(timer)),
    vscode.languages.onDidChangeDiagnostics(refresh),
    vscode.commands.registerCommand('dmaLens.groupByRule', groupBy('rule')),
    vscode.commands.registerCommand('dmaLens.groupByFile', groupBy('file')),
    vscode.commands.registerCommand('dmaLens.groupByPlatform', groupBy('platform')),
    vscode.commands.registerCommand('dmaLens.nextFinding', go(1)),
    vscode.commands.registerCommand('dmaLens.previousFinding', go(-1)),
  );
  show();
}

async function reveal(problem: FoundProblem): Promise<void> {
  const at = new vscode.Position(problem.line, problem.character);
  await vscode.window.showTextDocument(vscode.Uri.parse(problem.file), { selection: new vscode.Range(at, at) });
}

/** The diagnostics of this extension, whichever way they came. */
function findProblems(): readonly FoundProblem[] {
  return vscode.languages.getDiagnostics().flatMap(([uri, diagnostics]) =>
    diagnostics
      .filter((one) => one.source === 'dma-lens')
      .map((one) => ({
        file: uri.toString(),
        path: vscode.workspace.asRelativePath(uri),
        line: one.range.start.line,
        character: one.range.start.character,
        severity: one.severity,
        message: one.message,
        rule: String(typeof one.code === 'object' ? one.code.value : (one.code ?? '')),
        ...dataOf(one),
      })),
  );
}

/** What the server attached; the diagnostic's declared type does not know it. */
function dataOf(diagnostic: vscode.Diagnostic): Pick<FoundProblem, 'function' | 'breaksOn'> {
  const data: unknown = 'data' in diagnostic ? diagnostic.data : undefined;
  if (typeof data !== 'object' || data === null) return { function: '', breaksOn: [] };
  const name = 'function' in data && typeof data.function === 'string' ? data.function : '';
  const ids = 'breaksOn' in data && Array.isArray(data.breaksOn) ? data.breaksOn : [];
  return { function: name, breaksOn: ids.filter((one) => typeof one === 'string') };
}

function groupItem({ key, problems }: Group, by: Grouping): vscode.TreeItem {
  const item = new vscode.TreeItem(key, vscode.TreeItemCollapsibleState.Expanded);
  const count = problems.length === 1 ? '1 finding' : `${problems.length} findings`;
  item.id = `${by}:${key}`;
  item.description = String(problems.length);
  item.contextValue = `group.${by}`;
  item.accessibilityInformation = { label: `${by} ${key}, ${count}` };
  const [first] = problems;
  if (by === 'file' && first) item.resourceUri = vscode.Uri.parse(first.file);
  if (by === 'file') item.iconPath = vscode.ThemeIcon.File;
  else item.iconPath = new vscode.ThemeIcon(by === 'rule' ? 'law' : 'circuit-board');
  return item;
}

const ICONS: Readonly<Record<number, vscode.ThemeIcon>> = {
  [vscode.DiagnosticSeverity.Error]: new vscode.ThemeIcon(
    'error',
    new vscode.ThemeColor('problemsErrorIcon.foreground'),
  ),
  [vscode.DiagnosticSeverity.Warning]: new vscode.ThemeIcon(
    'warning',
    new vscode.ThemeColor('problemsWarningIcon.foreground'),
  ),
};

function problemItem(problem: FoundProblem, by: Grouping): vscode.TreeItem {
  const { path, line, message } = problem;
  const item = new vscode.TreeItem(problem.function ? `${problem.function}()` : path.replace(/^.*\//, ''));
  const where = by === 'file' ? `line ${line + 1}` : `${path}:${line + 1}`;
  item.description = by === 'rule' ? where : `${where} ${problem.rule}`;
  item.tooltip = message;
  item.iconPath = ICONS[problem.severity] ?? new vscode.ThemeIcon('info');
  item.contextValue = 'finding';
  const severity = (vscode.DiagnosticSeverity[problem.severity] ?? '').toLowerCase();
  item.accessibilityInformation = { label: `${severity}: ${message}, ${path} line ${line + 1}` };
  const at = new vscode.Position(line, problem.character);
  item.command = {
    title: 'Go to Finding',
    command: 'vscode.open',
    arguments: [vscode.Uri.parse(problem.file), { selection: new vscode.Range(at, at) }],
  };
  return item;
}
