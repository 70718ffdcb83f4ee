import { afterEach, expect, test } from 'vitest';
import { begin, endSessions, URI } from '../support/session';

afterEach(endSessions);

const USER = `int run(struct hw *hw, struct scatterlist *sgl, int n)
{
	int mapped = lib_map(hw->dev, sgl, n);

	if (!mapped)
		return -EIO;
	dma_unmap_sg(hw->dev, sgl, mapped, DMA_TO_DEVICE);
	return 0;
}
`;

test('looks at the folders of the workspace, and asks for open files again when that tells something', async () => {
  const asked: (readonly string[])[] = [];
  let analyses = 0;
  const session = await begin({
    folders: ['file:///tree'],
    engine: {
      async explore(folders) {
        asked.push(folders);
        return true;
      },
      async analyze() {
        analyses += 1;
        const stats = { functions: 0, functionsWithErrors: 0, dmaFunctions: 0, dmaFunctionsWithErrors: 0 };
        return {
          findings: [],
          hovers: [],
          hoverAt: () => undefined,
          hintsIn: () => [],
          mapCalls: () => [],
          summaries: [],
          externals: [],
          stats,
        };
      },
    },
  });
  await session.open(USER);
  await session.diagnostics((params) => params.uri === URI);
  await expect.poll(() => analyses, { timeout: 20_000 }).toBe(2);
  expect(asked).toEqual([['file:///tree']]);
  const index = async () => (await session.client.sendRequest<{ index: string }>('dmaLens/status', URI)).index;
  await expect.poll(index).toBe('ready');
});

test('not where the user does not want it', async () => {
  let isAsked = false;
  const session = await begin({
    folders: ['file:///tree'],
    configuration: { index: false, delay: 0 },
    engine: {
      async explore() {
        isAsked = true;
        return true;
      },
    },
  });
  await session.open(USER);
  await new Promise((done) => setTimeout(done, 2500));
  expect(isAsked).toBe(false);
  expect(await session.client.sendRequest('dmaLens/status', URI)).toMatchObject({ index: 'off' });
});
