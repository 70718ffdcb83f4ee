/** A short run of `npm run soak`, and what it complains about. */

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { createRandom } from '../scripts/fuzz/random';
import { startServer } from '../scripts/soak/server';
import { soak } from '../scripts/soak/soak';
import { createTypist } from '../scripts/soak/typing';
import { judgeSoak } from '../scripts/soak/verdict';
import { RULES } from '../server/rules/index';

test('a server that is edited in for a while holds no more than before, and says the same again', async () => {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'dma-lens-soak-')));
  const files = RULES.slice(0, 24).map((rule) => {
    const path = join(scratch, `${rule.id}.c`);
    writeFileSync(path, rule.bad);
    return { uri: pathToFileURL(path).href, text: rule.bad };
  });
  const server = await startServer(scratch, scratch);
  const done = await soak(server, files, { edits: 1500, seconds: 60, seed: 1, tell: () => {} });
  await server.end();
  rmSync(scratch, { recursive: true });
  expect(done.changed).toEqual([]);
  expect(500).toBeLessThan(done.edits);
  // How fast it answers while other tests run says nothing.
  const { weights } = done;
  expect(judgeSoak({ weights, first: { median: 1, p95: 1 }, last: { median: 1, p95: 1 } })).toEqual([]);
}, 120_000);

test('what is typed is taken back again', () => {
  for (let seed = 1; seed < 40; seed++) {
    const typist = createTypist('file:///a.c', 'int f(void)\n{\n\treturn 0;\n}\n', createRandom(seed));
    for (let i = 0; i < 100; i++) typist.next();
    while (!typist.isRestored()) typist.next();
    expect(typist.document.getText()).toBe('int f(void)\n{\n\treturn 0;\n}\n');
  }
});

test('growth is told', () => {
  const weight = { heapUsed: 20e6, external: 2e6, resident: 90e6, descriptors: 20, handles: { PipeWrap: 2 } };
  const fast = { median: 10, p95: 20 };
  const complaints = (later: object, last = fast) => {
    const weights = [
      { edits: 1, weight },
      { edits: 9, weight: { ...weight, ...later } },
    ];
    return judgeSoak({ weights, first: fast, last });
  };
  expect(complaints({})).toEqual([]);
  expect(complaints({ heapUsed: 40e6 })).toEqual(['memory in use grew from 22000000 to 42000000 bytes']);
  expect(complaints({ descriptors: 21 })).toEqual(['open files grew from 20 to 21']);
  expect(complaints({ handles: { PipeWrap: 2, Timeout: 3 } })).toEqual(['Timeout: from 0 to 3 open']);
  expect(complaints({}, { median: 30, p95: 40 })).toEqual(['the median answer slowed from 10.0 to 30.0 ms']);
});
