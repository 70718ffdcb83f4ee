/** Where the user's caches live. */

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { StorePlace } from './store';

/** The tool's folder among the user's caches: XDG_CACHE_HOME, or what the platform has in its place. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  const given = env['XDG_CACHE_HOME'];
  // The XDG specification has relative paths ignored.
  if (given !== undefined && isAbsolute(given)) return join(given, 'dma-lens');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'dma-lens');
  if (platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'dma-lens', 'Cache');
  return join(homedir(), '.cache', 'dma-lens');
}

declare const DMA_LENS_BUILD: string | undefined;

/** The user's store for this build of the tool; undefined where the sources run as they are. */
export function userStore(): StorePlace | undefined {
  return typeof DMA_LENS_BUILD === 'string' ? { folder: cacheFolder(), build: DMA_LENS_BUILD } : undefined;
}
