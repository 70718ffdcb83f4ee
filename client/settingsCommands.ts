/** Commands that change a setting, where the user meets it. */

import * as vscode from 'vscode';
import { PLATFORM_PRESETS } from '../server/settings';
import { formatKernel, NEWEST_KERNEL, parseKernelVersion } from '../server/types';

/** Kernels that people build drivers for: the long-term releases and the newest. */
const KERNELS = [
  '4.4',
  '4.9',
  '4.14',
  '4.19',
  '5.4',
  '5.10',
  '5.15',
  '6.1',
  '6.6',
  '6.12',
  formatKernel(NEWEST_KERNEL),
];

export function registerSettingsCommands(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    vscode.commands.registerCommand('dmaLens.chooseKernel', chooseKernel),
    vscode.commands.registerCommand('dmaLens.choosePlatforms', choosePlatforms),
    vscode.commands.registerCommand('dmaLens.openSettings', () =>
      vscode.commands.executeCommand('workbench.action.openSettings', `@ext:${context.extension.id}`),
    ),
  );
}

async function chooseKernel(): Promise<void> {
  const other = 'Other…';
  const automatic = 'As the tree says';
  const items = [
    { label: automatic, description: 'from the top Makefile; the newest known outside a tree' },
    ...KERNELS.map((label) => ({ label, description: '' })),
    { label: other, description: 'type a version' },
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: 'Target Kernel', placeHolder: 'Kernel to follow' });
  if (!chosen) return;
  if (chosen.label === automatic) return update('kernel', undefined);
  const typed = chosen.label === other ? await askKernel() : chosen.label;
  if (typed) await update('kernel', typed);
}

function askKernel(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: 'Target Kernel',
    placeHolder: '6.12',
    validateInput: (text) => (parseKernelVersion(text) ? undefined : 'A version such as 6.12'),
  });
}

async function choosePlatforms(): Promise<void> {
  const current = vscode.workspace.getConfiguration('dmaLens', activeUri()).get<unknown>('platformPreset');
  const items = Object.entries(PLATFORM_PRESETS).map(([label, { doc }]) => ({
    label,
    description: label === current ? 'now' : '',
    detail: doc,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: 'Platforms', placeHolder: 'Machines to replay on' });
  if (!chosen) return;
  await update('platformPreset', chosen.label);
  // A list of single platforms would win over the preset that was just chosen.
  const listed = vscode.workspace.getConfiguration('dmaLens', activeUri()).get<unknown>('platforms');
  if (Array.isArray(listed) && 0 < listed.length) await update('platforms', undefined);
}

/** Where the user has it already, else in the workspace when there is one. */
async function update(name: string, value: string | undefined): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('dmaLens', activeUri());
  const found = configuration.inspect(name);
  const target =
    found?.workspaceFolderValue !== undefined
      ? vscode.ConfigurationTarget.WorkspaceFolder
      : found?.globalValue !== undefined && found.workspaceValue === undefined
        ? vscode.ConfigurationTarget.Global
        : vscode.workspace.workspaceFolders
          ? vscode.ConfigurationTarget.Workspace
          : vscode.ConfigurationTarget.Global;
  await configuration.update(name, value, target);
}

function activeUri(): vscode.Uri | undefined {
  return vscode.window.activeTextEditor?.document.uri;
}
