/**
 * What is known of a tree's files without reading them: a file whose size, times and inode are those of last time has
 * the content of last time. Kept in the store; as good as none when it cannot be read.
 */

import type { Stats } from 'node:fs';
import { keyOf, type Store } from './store';

/** Content hash of a file; empty: it does not mention the DMA API. */
export type ContentMark = string;

export interface Manifest {
  /** What was known of the file's content, if it cannot have changed since. */
  readonly markOf: (path: string, stat: Stats) => ContentMark | undefined;
  readonly note: (path: string, stat: Stats, mark: ContentMark) => void;
  /** Writes down what was noted; files not noted this time are forgotten. */
  readonly save: () => void;
}

/** Clocks of file systems tick slowly: a file this young may change again without looking changed. Milliseconds. */
const TICK = 2000;

type Row = readonly [size: number, mtime: number, ctime: number, inode: number, mark: ContentMark];

/** The manifest of the files that `roots` (absolute paths) lead to. `now`: when the files are being looked at. */
export function openManifest(store: Store, roots: readonly string[], now: number = Date.now()): Manifest {
  const key = keyOf('manifest', ...roots);
  const known = readRows(store.get(key));
  const noted: Record<string, Row> = {};
  let isChanged = false;
  return {
    markOf(path, stat) {
      const row = known.get(path);
      if (!row) return undefined;
      const [size, mtime, ctime, inode, mark] = row;
      const isSame = size === stat.size && mtime === stat.mtimeMs && ctime === stat.ctimeMs && inode === stat.ino;
      return isSame ? mark : undefined;
    },
    note(path, stat, mark) {
      if (now - TICK < Math.max(stat.mtimeMs, stat.ctimeMs)) return;
      noted[path] = [stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino, mark];
      isChanged ||= known.get(path)?.[4] !== mark;
    },
    save() {
      if (isChanged || Object.keys(noted).length !== known.size) store.set(key, noted);
    },
  };
}

function readRows(value: unknown): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  if (typeof value !== 'object' || value === null) return rows;
  for (const [path, row] of Object.entries(value)) if (isRow(row)) rows.set(path, row);
  return rows;
}

function isRow(value: unknown): value is Row {
  return (
    Array.isArray(value) &&
    value.length === 5 &&
    value.slice(0, 4).every((part) => typeof part === 'number') &&
    typeof value[4] === 'string'
  );
}
