/** Files are replaced whole or not at all. */

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Puts `bytes` in place of the file: written beside it, flushed, renamed over it. Permissions and, where the process
 * may, the owner are kept. Throws the error of the file system, with the original as it was.
 */
export function writeAtomically(path: string, bytes: Uint8Array): void {
  const before = statSync(path, { throwIfNoEntry: false });
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  // `wx`: never through a link, never over something else.
  const file = openSync(beside, 'wx', before ? 0o600 : 0o666);
  try {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      if (before) keepOwner(file, before);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** Ownership first: changing it clears set-user-id bits. */
function keepOwner(file: number, before: { readonly uid: number; readonly gid: number; readonly mode: number }): void {
  try {
    fchownSync(file, before.uid, before.gid);
  } catch {
    // Another's file that the group may write: it becomes ours, as with any editor.
  }
  fchmodSync(file, before.mode & 0o7777);
}
