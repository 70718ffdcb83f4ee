/** One editor per test file, and what the tests ask it. `npm run test:e2e` prepares what this needs. */

import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type Host, startHost } from './host';
import { launch, open } from './page';

/** Screenshots, looked at when a test fails and before a release. */
export const ARTIFACTS = 'test/e2e/artifacts';

/** For what the language server has to work out on a machine that is busy with other things. */
export const SLOW = { timeout: 180_000 };

export interface Found {
  readonly code: unknown;
  readonly message: string;
  readonly line: number;
  readonly severity: number;
}

export interface Editor {
  readonly host: Host;
  readonly page: Page;
  path(file: string): string;
  show(file: string): Promise<void>;
  /** What Problems shows about a file. */
  diagnostics(file: string): Promise<readonly Found[]>;
  text(): Promise<string>;
  command(id: string, ...args: readonly unknown[]): Promise<void>;
  /** Puts the cursor on the last place where the text stands, in the middle of the window. */
  goTo(text: string): Promise<void>;
  /** A picture of the window, or of a part of it. With E2E_IMAGES set, one for the README. */
  shot(name: string, part?: Part): Promise<void>;
}

/** Pixels. */
export interface Part {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface EditorOptions {
  /** Runs the extension in the browser, as vscode.dev does. */
  readonly web?: boolean;
  readonly workspace: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly prepare?: (workspace: string) => void;
}

/** Starts an editor before the tests of a file and resets it before each of them. */
export function useEditor(options: EditorOptions): Editor {
  let host: Host | undefined;
  let browser: Browser | undefined;
  let page: Page | undefined;

  beforeAll(async () => {
    mkdirSync(ARTIFACTS, { recursive: true });
    const { E2E_VSCODE, E2E_NODE, E2E_VSIX, E2E_WEB_VSIX, E2E_THEME } = process.env;
    if (!E2E_VSCODE || !E2E_NODE || !E2E_VSIX || !E2E_WEB_VSIX) throw new Error('run this with: npm run test:e2e');
    const theme = E2E_THEME ? { 'workbench.colorTheme': E2E_THEME } : {};
    host = await startHost({
      vscode: E2E_VSCODE,
      node: E2E_NODE,
      extensions: (options.web ? E2E_WEB_VSIX : E2E_VSIX).split(','),
      ...options,
      settings: { ...theme, ...options.settings },
    });
    browser = await launch();
    page = await open(browser, host.url);
  }, 600_000);

  afterAll(async () => {
    await browser?.close();
    host?.stop();
  });

  beforeEach(async () => {
    await editor.host.run(async (vscode) => {
      for (const id of ['closeQuickOpen', 'closePanel', 'closeSidebar', 'closeAllEditors']) {
        await vscode.commands.executeCommand(`workbench.action.${id}`);
      }
      await vscode.commands.executeCommand('notifications.clearAll');
    });
    await editor.page.mouse.move(5, 450);
  });

  afterEach(async ({ task }) => {
    const state = task.result?.state === 'fail' ? 'FAILED ' : '';
    await page?.screenshot({ path: `${ARTIFACTS}/${state}${task.name.replaceAll('/', ' ')}.png` });
    await host?.run(async (vscode) => {
      for (const document of vscode.workspace.textDocuments) {
        if (!document.isDirty) continue;
        await vscode.window.showTextDocument(document);
        await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
      }
    });
  });

  const editor: Editor = {
    get host() {
      if (!host) throw new Error('the editor has not started');
      return host;
    },
    get page() {
      if (!page) throw new Error('the editor has not started');
      return page;
    },
    path: (file) => `${editor.host.workspace}/${file}`,
    show: (file) =>
      editor.host.run(
        (vscode, path) => vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path)).then(() => undefined),
        editor.path(file),
      ),
    diagnostics: (file) =>
      editor.host.run(
        (vscode, path) =>
          vscode.languages
            .getDiagnostics(vscode.Uri.file(path))
            .filter((one) => one.source === 'dma-lens')
            .map(({ message, code, range, severity }) => ({
              message,
              code: typeof code === 'object' ? code.value : code,
              line: range.start.line + 1,
              severity,
            })),
        editor.path(file),
      ),
    text: () => editor.host.run((vscode) => vscode.window.activeTextEditor?.document.getText() ?? ''),
    command: (id, ...args) =>
      editor.host.run(
        (vscode, name, given) => vscode.commands.executeCommand(name, ...given).then(() => undefined),
        id,
        args,
      ),
    async goTo(text) {
      const found = await editor.host.run((vscode, wanted) => {
        const active = vscode.window.activeTextEditor;
        const offset = active?.document.getText().lastIndexOf(wanted) ?? -1;
        if (!active || offset === -1) return 0;
        const at = active.document.positionAt(offset);
        active.selection = new vscode.Selection(at, at);
        active.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenter);
        return at.line + 1;
      }, text);
      expect(found).toBeGreaterThan(0);
      // The window follows the extension host after a while; keys pressed before that go elsewhere.
      await editor.page.locator('[id="status.editor.selection"]', { hasText: `Ln ${found},` }).waitFor();
    },
    shot: async (name, clip) => {
      const folder = clip && process.env['E2E_IMAGES'] ? 'images' : ARTIFACTS;
      await editor.page.screenshot({ path: `${folder}/${name}.png`, ...(clip && { clip }) });
    },
  };
  return editor;
}
