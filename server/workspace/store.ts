/**
 * Values on disk, by key. Each is a file of its own that appears whole or not at all: it is written beside its place and
 * renamed. A file that is missing, torn or altered is a value that is not there. Where nothing can be written, nothing
 * is: the work is then done again next time.
 */

import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Version of the files' format. */
const FORMAT = 1;
const HEAD = /^dma-lens (\d+) ([0-9a-f]{40})\n/;
const HEAD_LENGTH = `dma-lens ${FORMAT} ${'0'.repeat(40)}\n`.length;
const DAY = 24 * 60 * 60 * 1000;

export interface StoreLimits {
  /** Bytes that all values may take. */
  readonly bytes: number;
  /** Milliseconds after which a value that nobody asked for is dropped. */
  readonly age: number;
}

export const STORE_LIMITS: StoreLimits = { bytes: 256 * 1024 * 1024, age: 30 * DAY };

export interface Store {
  /** The value of a key; undefined when there is none that is whole. */
  readonly get: (key: string) => unknown;
  /** Keeps a value. Never throws. */
  readonly set: (key: string, value: unknown) => void;
}

/** A short name for what `parts` say together: values with equal names are equal. */
export function keyOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(String(part.length)).update(':').update(part);
  return hash.digest('hex');
}

/** Where a store lies: the tool's cache folder, and which build of the tool its values are from. */
export interface StorePlace {
  readonly folder: string;
  readonly build: string;
}

/** Opens the store of one build of the tool; other builds' values are not seen. */
export function openStore({ folder, build }: StorePlace): Store {
  const root = join(folder, `v${FORMAT}`, build);
  const made = new Set<string>();
  let canWrite = true;
  return {
    get(key) {
      try {
        return unwrap(key, readEntry(pathOf(root, key)));
      } catch {
        return undefined;
      }
    },
    set(key, value) {
      if (!canWrite) return;
      const path = pathOf(root, key);
      const parent = join(path, '..');
      const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`;
      try {
        if (!made.has(parent)) mkdirSync(parent, { recursive: true });
        made.add(parent);
        writeFileSync(temporary, wrap(key, value));
        renameSync(temporary, path);
      } catch {
        // No room, or no right to write: the others would fare no better.
        canWrite = false;
        remove(temporary);
      }
    },
  };
}

function pathOf(root: string, key: string): string {
  return join(root, key.slice(0, 2), key.slice(2));
}

/** Reads a file, and marks it as still wanted once a day. */
function readEntry(path: string): string {
  const file = openSync(path, 'r');
  try {
    if (DAY < Date.now() - fstatSync(file).mtimeMs) touch(file);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function touch(file: number): void {
  try {
    futimesSync(file, new Date(), new Date());
  } catch {
    // A store that cannot be written to can be read all the same.
  }
}

function wrap(key: string, value: unknown): string {
  const body = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'bigint' ? { $bigint: `${part}` } : part,
  );
  return `dma-lens ${FORMAT} ${checksum(key, body)}\n${body}`;
}

function unwrap(key: string, text: string): unknown {
  const [, format, sum] = HEAD.exec(text.slice(0, HEAD_LENGTH)) ?? [];
  const body = text.slice(HEAD_LENGTH);
  if (format !== String(FORMAT) || checksum(key, body) !== sum) return undefined;
  return body.includes('"$bigint"') ? JSON.parse(body, reviveBigint) : JSON.parse(body);
}

/** The key is in it: a file that got another one's name is no value of that key. */
function checksum(key: string, body: string): string {
  return createHash('sha1').update(key).update(body).digest('hex');
}

function reviveBigint(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$bigint' in value)) return value;
  return typeof value.$bigint === 'string' ? BigInt(value.$bigint) : value;
}

/** Prunes a folder once a day. Never throws. */
export function pruneDaily(folder: string, now: number = Date.now()): void {
  const mark = join(folder, 'pruned');
  try {
    const last = statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    // A mark from the future is from before the clock was set back.
    if (Math.abs(now - last) < DAY) return;
    mkdirSync(folder, { recursive: true });
    writeFileSync(mark, '');
    pruneStore(folder);
  } catch {
    // A folder that cannot be written to does not grow either.
  }
}

/** Drops what is old, what is too much, and what killed processes left half-written. Never throws. */
export function pruneStore(folder: string, limits: StoreLimits = STORE_LIMITS, now: number = Date.now()): void {
  const kept: { readonly path: string; readonly bytes: number; readonly used: number }[] = [];
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return;
  }
  for (const name of names) {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    const limit = name.endsWith('.tmp') ? DAY / 24 : limits.age;
    if (limit < now - stat.mtimeMs) remove(path);
    else kept.push({ path, bytes: stat.size, used: stat.mtimeMs });
  }
  let bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
  for (const one of kept.sort((a, b) => a.used - b.used)) {
    if (bytes <= limits.bytes) break;
    remove(one.path);
    bytes -= one.bytes;
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Somebody else's, or gone already.
  }
}
