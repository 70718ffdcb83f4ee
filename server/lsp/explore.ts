/** The background look at the workspace: when the server has started, and when files have changed on disk. */

import type { WorkDoneProgressServerReporter } from 'vscode-languageserver';
import { NEWEST_KERNEL } from '../types';
import type { Session } from './session';

/** Open files come first, and a checkout changes many files at once. Milliseconds. */
const PATIENCE = 1500;

/** Explores the workspace's folders a while after it is asked to; calls `refresh` when open files may mean something else. */
export function serveExploration(session: Session, refresh: () => void): () => void {
  const { connection, engine } = session;
  let timer: NodeJS.Timeout | undefined;
  let running: AbortController | undefined;

  async function explore(): Promise<void> {
    running?.abort();
    const ending = new AbortController();
    running = ending;
    const folders = (await foldersOf()).map((one) => one.uri);
    const [first] = folders;
    if (!engine.explore || first === undefined) return;
    const settings = await session.settingsOf(`${first}/`);
    if (!settings.index || settings.enable === 'never') return;
    session.indexState = 'reading';
    const progress = session.client.canProgress ? await connection.window.createWorkDoneProgress() : undefined;
    progress?.begin('DMA Lens: looking at the workspace', 0, undefined, true);
    progress?.token.onCancellationRequested(() => ending.abort());
    try {
      const kernel = settings.kernel ?? engine.kernelOf(`${first}/`) ?? NEWEST_KERNEL;
      const isChanged = await engine.explore(folders, kernel, reportTo(progress), ending.signal);
      if (isChanged) {
        session.invalidate();
        refresh();
      }
    } catch (error) {
      if (!ending.signal.aborted)
        connection.console.warn(`looking at the workspace: ${error instanceof Error ? error.message : error}`);
    } finally {
      progress?.done();
      // A newer look may have taken over.
      if (running === ending) session.indexState = ending.signal.aborted ? 'off' : 'ready';
    }
  }

  async function foldersOf() {
    try {
      return (await connection.workspace.getWorkspaceFolders()) ?? [];
    } catch {
      // A client without folders has none.
      return [];
    }
  }

  connection.onShutdown(() => {
    clearTimeout(timer);
    running?.abort();
  });

  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => void explore(), PATIENCE);
  };
}

/** Whole percents only: each report is a message. */
function reportTo(progress: WorkDoneProgressServerReporter | undefined): (done: number, all: number) => void {
  let shown = 0;
  return (done, all) => {
    const percentage = Math.floor((100 * done) / Math.max(1, all));
    if (percentage !== shown) progress?.report(percentage, `${done} of ${all} files`);
    shown = percentage;
  };
}
