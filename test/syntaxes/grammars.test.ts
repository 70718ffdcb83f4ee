import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, test } from 'vitest';
import { createOnigScanner, createOnigString, loadWASM } from 'vscode-oniguruma';
import { type IGrammar, INITIAL, type IRawGrammar, parseRawGrammar, Registry } from 'vscode-textmate';
import { DMA_API } from '../../server/dmaApi';
import { drawText } from '../../server/render/text';
import { openPlatform } from '../../server/sim/platforms';

/** As much of a C grammar as the injection needs to show where it holds back. */
const C = JSON.stringify({
  scopeName: 'source.c',
  patterns: [
    { begin: '/\\*', end: '\\*/', name: 'comment.block.c' },
    { begin: '"', end: '"', name: 'string.quoted.double.c' },
    { match: '\\b\\w+(?=\\s*\\()', name: 'entity.name.function.c' },
  ],
});

let registry: Registry;

beforeAll(async () => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm'));
  await loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const grammars = new Map<string, IRawGrammar>([['source.c', parseRawGrammar(C, 'c.json')]]);
  for (const name of readdirSync('syntaxes')) {
    const grammar = parseRawGrammar(readFileSync(`syntaxes/${name}`, 'utf8'), name);
    grammars.set(grammar.scopeName, grammar);
  }
  registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async (scope) => grammars.get(scope) ?? null,
    getInjections: (scope) => (scope === 'source.c' ? ['dma-lens.api.injection'] : undefined),
  });
});

async function grammar(scope: string): Promise<IGrammar> {
  const found = await registry.loadGrammar(scope);
  if (!found) throw new Error(`no grammar ${scope}`);
  return found;
}

/** Every word with its innermost scope; words without one of their own are left out. */
async function tokens(scope: string, text: string): Promise<readonly (readonly [string, string])[]> {
  const found = await grammar(scope);
  let state = INITIAL;
  return text.split('\n').flatMap((line) => {
    const result = found.tokenizeLine(line, state);
    state = result.ruleStack;
    return result.tokens
      .filter((one) => 1 < one.scopes.length)
      .map((one) => [line.slice(one.startIndex, one.endIndex), one.scopes.at(-1) ?? ''] as const);
  });
}

describe('calls of the DMA API in C', () => {
  test('are marked by role', async () => {
    const text =
      'n = dma_map_sg(dev, sgl, 4, d); dma_unmap_sg(dev); dma_sync_sg_for_cpu (dev); dma_mapping_error(dev, a);';
    expect(await tokens('source.c', text)).toEqual([
      ['dma_map_sg', 'support.function.dma.map.c'],
      ['dma_unmap_sg', 'support.function.dma.unmap.c'],
      ['dma_sync_sg_for_cpu', 'support.function.dma.sync.c'],
      ['dma_mapping_error', 'support.function.dma.check.c'],
    ]);
  });

  test('every function of the table is known', async () => {
    for (const { name, role } of DMA_API) {
      expect(await tokens('source.c', `${name}(x)`)).toEqual([[name, `support.function.dma.${role}.c`]]);
    }
  });

  test('longer names, mentions without a call, comments and strings are left alone', async () => {
    const text = 'my_dma_map_sg(x); dma_map_sg_foo(x); y = dma_map_sg; /* dma_map_sg(x) */ "dma_map_sg(x)"';
    const marked = (await tokens('source.c', text)).filter(([, scope]) => scope.startsWith('support.function.dma'));
    expect(marked).toEqual([]);
  });
});

test('a drawn layout: addresses, sizes, holes and entries', async () => {
  const opened = openPlatform('iommu-dma-4.4', { major: 4, minor: 4 });
  if (!opened) throw new Error('no such platform');
  const list = [65536, 16384, 65536].map((length, index) => ({
    page: 0x80000000n + BigInt(index) * 0x1000000n,
    offset: 0,
    length,
  }));
  const found = await tokens(
    'source.dma-layout',
    drawText(list, opened.space.mapSg(list, opened.device, 1), { width: 76 }),
  );
  const scopes = (word: RegExp) => [...new Set(found.filter(([text]) => word.test(text)).map(([, scope]) => scope))];
  expect(scopes(/^0x/)).toEqual(['constant.numeric.hex.dma-layout']);
  expect(scopes(/hole|\/\/|\.\.\./)).toEqual(['invalid.illegal.hole.dma-layout']);
  expect(scopes(/^\d+ KiB$/)).toEqual(['constant.numeric.size.dma-layout']);
  expect(scopes(/^sg\[/)).toEqual(['variable.other.entry.dma-layout']);
  expect(scopes(/^(?:memory|iommu-dma-4\.4)$/)).toEqual(['entity.name.section.dma-layout']);
});

test('a recording: keys, operations, addresses', async () => {
  const line = '{"op": "map_sg", "ok": true, "start": "0x000a0000", "name": "a\\"b", "n": -4.5e3}';
  expect((await tokens('source.dma-recording', line)).filter(([, scope]) => !scope.startsWith('punctuation'))).toEqual([
    ['"op"', 'support.type.property-name.dma-recording'],
    ['"map_sg"', 'keyword.control.operation.dma-recording'],
    ['"ok"', 'support.type.property-name.dma-recording'],
    ['true', 'constant.language.dma-recording'],
    ['"start"', 'support.type.property-name.dma-recording'],
    ['"0x000a0000"', 'constant.numeric.hex.dma-recording'],
    ['"name"', 'support.type.property-name.dma-recording'],
    ['"a\\"b"', 'string.quoted.double.dma-recording'],
    ['"n"', 'support.type.property-name.dma-recording'],
    ['-4.5e3', 'constant.numeric.dma-recording'],
  ]);
});
