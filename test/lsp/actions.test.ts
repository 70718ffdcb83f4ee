import { afterEach, describe, expect, test } from 'vitest';
import type { CodeAction, TextEdit } from 'vscode-languageserver/node';
import { BAD, begin, endSessions, type Session, URI } from '../support/session';

afterEach(endSessions);

const TWICE = `${BAD}\n${BAD.replace('stop', 'stop_again')}`;

const actionsAt = (session: Session, line: number, only?: readonly string[]) =>
  session.ask<CodeAction[]>('textDocument/codeAction', {
    range: { start: { line, character: 26 }, end: { line, character: 26 } },
    context: { diagnostics: [], ...(only && { only }) },
  });

/** The text after the edits, as an editor makes it. */
function applied(text: string, edits: readonly TextEdit[]): string {
  const lines = text.split('\n');
  const offset = ({ line, character }: TextEdit['range']['start']) =>
    lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (done, edit) => done.slice(0, offset(edit.range.start)) + edit.newText + done.slice(offset(edit.range.end)),
      text,
    );
}

describe('fix all', () => {
  test.each([['source.fixAll.dmaLens'], ['source.fixAll'], ['source']])('asked for as %s', async (kind) => {
    const session = await begin();
    await session.open(TWICE);
    const actions = await actionsAt(session, 0, [kind]);
    expect(actions.map((one) => one.kind)).toEqual(['source.fixAll.dmaLens']);
    const fixed = applied(TWICE, actions[0]?.edit?.changes?.[URI] ?? []);
    expect(fixed).not.toContain('sgl, mapped');
    expect(fixed.match(/sgl, nents, DMA_TO_DEVICE\);/g)).toHaveLength(4);
  });

  test('is silent for another tool, and where nothing is to be done', async () => {
    const session = await begin();
    await session.open(TWICE);
    expect(await actionsAt(session, 5, ['source.fixAll.eslint'])).toEqual([]);
    expect(await actionsAt(session, 5, ['refactor'])).toEqual([]);
    await session.change(2, '');
    expect(await actionsAt(session, 0, ['source.fixAll.dmaLens'])).toEqual([]);
  });

  test('is at hand in the light bulb of a finding when there are several, and only there', async () => {
    const session = await begin();
    await session.open(TWICE);
    const titles = async (line: number) => (await actionsAt(session, line)).map((one) => one.title);
    expect(await titles(5)).toEqual([
      "Use 'nents'",
      'Fix all 2 automatic DMA problems of the file',
      "Allow 'unmap-with-mapped-count' here, with a reason",
    ]);
    expect(await titles(0)).toEqual([]);
  });
});

describe('allow here', () => {
  test('the reason is a placeholder where the client takes snippets', async () => {
    const session = await begin({
      capabilities: { workspace: { workspaceEdit: { documentChanges: true, snippetEditSupport: true } } },
    });
    await session.open(BAD);
    const allow = (await actionsAt(session, 5)).find((one) => one.title.startsWith('Allow'));
    expect(allow?.edit?.documentChanges).toEqual([
      {
        textDocument: { uri: URI, version: 1 },
        edits: [
          {
            range: { start: { line: 5, character: 0 }, end: { line: 5, character: 0 } },
            snippet: {
              kind: 'snippet',
              value: `\t\t/* dma-lens: allow(unmap-with-mapped-count) \${1:reason} */\n`,
            },
          },
        ],
      },
    ]);
  });

  test('the comment silences the finding', async () => {
    const session = await begin();
    await session.open(BAD);
    const allow = (await actionsAt(session, 5)).find((one) => one.title.startsWith('Allow'));
    await session.change(2, applied(BAD, allow?.edit?.changes?.[URI] ?? []));
    expect(await session.diagnostics((params) => params.version === 2)).toEqual([]);
  });

  test('a comment that allows nothing is shown as unnecessary', async () => {
    const session = await begin();
    await session.open(`/* dma-lens: allow(double-unmap) old */\n${BAD}`);
    const found = await session.diagnostics((params) => params.version === 1);
    expect(found.map((one) => [one.code, one.tags])).toEqual([
      ['unused-suppression', [1]],
      ['unmap-with-mapped-count', undefined],
    ]);
  });

  test('a function that the target kernel does not have any more is shown as deprecated', async () => {
    const session = await begin();
    await session.open(`
int map(struct pci_dev *pdev, struct scatterlist *sgl, int n)
{
	return pci_map_sg(pdev, sgl, n, PCI_DMA_TODEVICE) ? 0 : -ENOMEM;
}
`);
    const found = await session.diagnostics((params) => params.version === 1);
    expect(found.map((one) => [one.code, one.tags])).toEqual([['removed-function', [2]]]);
  });
});

test('a rule is explained only by clients that can', async () => {
  const able = await begin({ initializationOptions: { commands: ['dmaLens.explainRule'] } });
  await able.open(BAD);
  expect((await actionsAt(able, 5)).at(-1)?.command).toEqual({
    title: "Explain 'unmap-with-mapped-count'",
    command: 'dmaLens.explainRule',
    arguments: ['unmap-with-mapped-count'],
  });
  const plain = await begin();
  await plain.open(BAD);
  expect((await actionsAt(plain, 5)).filter((one) => one.command)).toEqual([]);
});
