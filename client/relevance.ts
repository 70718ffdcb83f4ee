/** Whether a document is a reason to start the server. */

import * as vscode from 'vscode';
import { MENTIONS_DMA } from '../server/dmaApi';

export interface Relevance {
  isRelevant(document: vscode.TextDocument): Promise<boolean>;
}

/** Schemes of documents that a user edits; a diff's old side and the like are not analysed. */
export const SCHEMES = ['file', 'untitled', 'vscode-remote', 'vscode-vfs', 'vscode-test-web', 'memfs'];

/** Folders above a file that are looked at; a kernel tree is not deeper. */
const MAX_DEPTH = 16;

export function createRelevance(): Relevance {
  const trees = new Map<string, Promise<boolean>>();
  return {
    async isRelevant(document) {
      if (!SCHEMES.includes(document.uri.scheme)) return false;
      const enable = vscode.workspace.getConfiguration('dmaLens', document).get<unknown>('enable');
      if (enable === 'never') return false;
      if (document.languageId === 'dma-recording') return true;
      if (document.languageId !== 'c') return false;
      if (enable === 'always' || MENTIONS_DMA.test(document.getText())) return true;
      const folder = vscode.Uri.joinPath(document.uri, '..');
      const known = trees.get(folder.toString()) ?? isInKernelTree(folder);
      trees.set(folder.toString(), known);
      return known;
    },
  };
}

/** A kernel tree has these at its top, and no other project has all of them. */
async function isInKernelTree(folder: vscode.Uri): Promise<boolean> {
  let current = folder;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const top = current;
    const found = await Promise.all(['MAINTAINERS', 'Kbuild', 'Kconfig'].map((name) => exists(top, name)));
    if (found.every(Boolean)) return true;
    const parent = vscode.Uri.joinPath(current, '..');
    if (parent.path === current.path) return false;
    current = parent;
  }
  return false;
}

async function exists(folder: vscode.Uri, name: string): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, name));
    return true;
  } catch {
    return false;
  }
}
