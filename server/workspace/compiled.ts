/** Loads a bundle with the code that the engine compiled of it in an earlier run, which it keeps in the user's cache. */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, wrap } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { cacheFolder } from './cacheFolder';

export interface LoadOptions {
  /** Whether compiled code may be kept for later runs. */
  readonly canKeep: boolean;
  /** What the bundle is run for: of what is compiled when it is first needed, each use needs something else. */
  readonly use?: string;
  /** Where compiled code is kept; absent: in the user's cache. */
  readonly folder?: string;
}

/** Milliseconds after which a process that does not end, such as a server, has compiled what it mostly needs. */
const SETTLED = 10_000;
/** Before the code: a hash of it, since the engine does not notice when some of it was altered. */
const HASH_BYTES = 20;

/**
 * Runs the CommonJS bundle `file`; what it exports. Code that is missing, torn, altered, of another engine or compiled
 * under other settings is compiled again. Fails only as the bundle itself does.
 */
export function loadCompiled(file: string, options: LoadOptions): Readonly<Record<string, unknown>> {
  const source = wrap(readFileSync(file, 'utf8'));
  const about = `${process.version} ${process.arch} ${process.execArgv.join(' ')} ${options.use ?? ''}\n`;
  const name = createHash('sha1').update(about).update(source).digest('hex');
  const folder = options.folder ?? join(cacheFolder(), 'compiled');
  const path = join(folder, name);
  const cachedData = readCompiled(path);
  const script = new Script(source, { filename: file, ...(cachedData && { cachedData }) });
  const module: { exports: Record<string, unknown> } = { exports: {} };
  if (options.canKeep && (!cachedData || script.cachedDataRejected)) keepLater(script, path);
  script.runInThisContext().call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

/** Keeps what was compiled at the end of the process, when it has run what it needs, or some time after it began. */
function keepLater(script: Script, path: string): void {
  let isKept = false;
  const keep = () => {
    if (isKept) return;
    isKept = true;
    keepCompiled(path, script.createCachedData());
  };
  process.once('exit', keep);
  setTimeout(keep, SETTLED).unref();
}

function keepCompiled(path: string, code: Buffer): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, Buffer.concat([hashOf(code), code]));
    renameSync(temporary, path);
  } catch {
    // No room, or no right to write: it is compiled again next time.
    try {
      rmSync(temporary, { force: true });
    } catch {
      // Not even that.
    }
  }
}

function readCompiled(path: string): Buffer | undefined {
  try {
    const kept = readFileSync(path);
    const code = kept.subarray(HASH_BYTES);
    return hashOf(code).equals(kept.subarray(0, HASH_BYTES)) ? code : undefined;
  } catch {
    return undefined;
  }
}

function hashOf(code: Buffer): Buffer {
  return createHash('sha1').update(code).digest();
}
