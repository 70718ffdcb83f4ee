/**
 * For `node --require`: notes in the file WATCH_LOG what a process and its threads start, connect to and write, a line
 * each, and lets it happen.
 */

const fs = require('node:fs');

const { openSync, writeSync, closeSync } = fs;

function note(kind, what) {
  const log = openSync(process.env.WATCH_LOG, 'a');
  writeSync(log, `${kind} ${JSON.stringify(String(what))}\n`);
  closeSync(log);
}

/** Calls `before` with the arguments of each call of a method. */
function watch(object, name, before) {
  const original = object[name];
  if (typeof original !== 'function') return;
  object[name] = function watched(...args) {
    before(args);
    return new.target ? new original(...args) : original.apply(this, args);
  };
  Object.assign(object[name], original);
}

const processes = require('node:child_process');
watch(processes.ChildProcess.prototype, 'spawn', ([options]) => note('run', options.args?.join(' ') ?? options.file));
for (const name of ['spawnSync', 'execSync', 'execFileSync']) {
  watch(processes, name, ([file, args]) => note('run', [file, ...(Array.isArray(args) ? args : [])].join(' ')));
}

const net = require('node:net');
watch(net.Socket.prototype, 'connect', (args) => note('connect', JSON.stringify(args[0])));
watch(net.Server.prototype, 'listen', (args) => note('listen', JSON.stringify(args[0])));
const dns = require('node:dns');
for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) watch(dns, name, ([host]) => note('resolve', host));
watch(require('node:dgram'), 'createSocket', () => note('connect', 'udp'));

const WRITES = ['writeFile', 'appendFile', 'mkdir', 'mkdtemp', 'unlink', 'rm', 'rmdir', 'truncate', 'chmod', 'utimes'];
const TO_SECOND = ['rename', 'copyFile', 'cp', 'link', 'symlink'];
for (const name of [...WRITES, ...TO_SECOND]) {
  const place = TO_SECOND.includes(name) ? 1 : 0;
  for (const [object, method] of [
    [fs, name],
    [fs, `${name}Sync`],
    [fs.promises, name],
  ]) {
    // A number is a file that was opened before.
    watch(object, method, (args) => typeof args[place] !== 'number' && note('write', args[place]));
  }
}
const isForWriting = (flags) => (typeof flags === 'number' ? (flags & 3) !== 0 : /[wa+]/.test(flags ?? 'r'));
for (const [object, method] of [
  [fs, 'open'],
  [fs, 'openSync'],
  [fs.promises, 'open'],
]) {
  watch(object, method, ([path, flags]) => isForWriting(flags) && note('write', path));
}
watch(fs, 'createWriteStream', ([path, options]) => options?.fd === undefined && note('write', path));
