/** The layout explorer's page in Chromium, without an editor around it: by mouse, by keyboard, in three themes. */

import { mkdirSync, readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { pageHtml } from '../../client/explorer/html';
import { launch } from './page';

const ARTIFACTS = 'test/e2e/artifacts';
const ORIGIN = 'http://127.0.0.1:9';
let browser: Browser;
let page: Page;
let problems: string[];

/** The colours of the editor's default themes, as far as the page uses them. */
const THEMES = {
  light: ['vscode-light', '#ffffff', '#3b3b3b', '#005fb8', '#ffffff', '#e5e5e5', '#3b3b3b', '#616161', '#bf8803'],
  dark: ['vscode-dark', '#1f1f1f', '#cccccc', '#0078d4', '#ffffff', '#313131', '#cccccc', '#9d9d9d', '#cca700'],
  'high-contrast': [
    'vscode-high-contrast',
    '#000000',
    '#ffffff',
    '#000000',
    '#ffffff',
    '#000000',
    '#ffffff',
    '#ffffff',
    '#ffd370',
  ],
} as const;
const VARIABLES = [
  'editor-background',
  'foreground',
  'button-background',
  'button-foreground',
  'button-secondaryBackground',
  'button-secondaryForeground',
  'descriptionForeground',
  'editorWarning-foreground',
];

beforeAll(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  browser = await launch();
}, 60_000);

afterAll(() => browser?.close());

beforeEach(async () => {
  problems = [];
  const context = await browser.newContext({ viewport: { width: 1000, height: 1300 } });
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  const html = pageHtml({ script: `${ORIGIN}/explorer.js`, nonce: 'n0nce' });
  const asked: string[] = [];
  await page.route('**/*', (route) => {
    asked.push(route.request().url());
    if (route.request().url().endsWith('/explorer.js')) {
      return route.fulfill({ contentType: 'text/javascript', body: readFileSync('dist/explorer.js', 'utf8') });
    }
    return route.fulfill({ contentType: 'text/html', body: html });
  });
  await page.addInitScript(() => {
    const kept = { state: undefined as unknown, messages: [] as unknown[] };
    Object.assign(globalThis, {
      kept,
      acquireVsCodeApi: () => ({
        postMessage: (message: unknown) => kept.messages.push(message),
        getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
        setState: (state: unknown) => sessionStorage.setItem('state', JSON.stringify(state)),
      }),
    });
  });
  await page.goto(ORIGIN);
  await use('dark');
  await page.locator('#card-direct').waitFor();
  return () => {
    expect(problems).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(ORIGIN))).toEqual([]);
    return context.close();
  };
});

async function use(theme: keyof typeof THEMES): Promise<void> {
  const [kind, ...colors] = THEMES[theme];
  await page.evaluate(
    ({ kind, pairs }) => {
      for (const [name, color] of pairs) document.documentElement.style.setProperty(`--vscode-${name}`, color);
      document.body.className = kind;
      document.body.dataset['vscodeThemeKind'] = kind;
    },
    { kind, pairs: VARIABLES.map((name, i): [string, string] => [name, colors[i] ?? '']) },
  );
}

async function openWith(request: object): Promise<void> {
  await page.evaluate((data) => window.postMessage(data, '*'), { type: 'open', request });
}

const verdict = (id: string) => page.locator(`[id="card-${id}"] .verdict`).innerText();
const messages = () =>
  page.evaluate(
    () =>
      (globalThis as unknown as { kept: { messages: { type: string; what?: string; text?: string }[] } }).kept.messages,
  );

const OF_2015 = {
  kernel: '4.4',
  segments: '64K,16K,64K',
  platforms: ['iommu-dma-4.4', 'direct', 'iommu-dma'],
  need: 'contiguous-size',
};

test('opens with a given list and shows the hole', async () => {
  await openWith(OF_2015);
  await page.getByText('64 KiB, 16 KiB, hole of 48 KiB, 64 KiB').waitFor();
  expect(await verdict('iommu-dma-4.4')).toBe('breaks');
  expect(await verdict('iommu-dma')).toBe('holds');
  expect(await page.locator('[role=status]').innerText()).toContain('holds on 1 of 3 platforms');
  await expect.poll(() => page.locator('#rate-direct').innerText()).toMatch(/% of 64 KiB buffers fail/);
  for (const theme of ['light', 'dark', 'high-contrast'] as const) {
    await use(theme);
    await page.locator('[id="card-iommu-dma-4.4"] svg').waitFor();
    await page.screenshot({ path: `${ARTIFACTS}/explorer-${theme}.png`, fullPage: true });
    // One of them for the README.
    if (process.env['E2E_IMAGES'] && theme === 'dark') {
      await page.screenshot({
        path: 'images/explorer.png',
        fullPage: true,
        clip: { x: 0, y: 0, width: 1000, height: 780 },
      });
    }
  }
});

test('works by keyboard alone', async () => {
  await openWith(OF_2015);
  await page.locator('#entry-1').focus();
  await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(() => page.locator('#entry-1').innerText()).toBe('80 KiB');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('entry-1');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => page.locator('#entry-1').innerText()).toBe('76 KiB');
  await page.keyboard.press('Alt+ArrowLeft');
  await expect.poll(() => page.locator('#entry-0').innerText()).toBe('76 KiB');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('entry-0');
  await page.keyboard.press('Delete');
  await expect.poll(() => page.locator('.entry').count()).toBe(2);
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('entry-0');
  await page.locator('#next').focus();
  await page.keyboard.press('Enter');
  expect(await page.locator('#steps').innerText()).toMatch(/^1 of \d+ steps$/);
  expect(await page.locator('#card-direct ol li').count()).toBe(1);
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('next');
});

test('entries are dragged: the edge changes a length, the entry its place', async () => {
  await openWith(OF_2015);
  const edge = await page.locator('#entry-1 .handle').boundingBox();
  if (!edge) throw new Error('no handle');
  await page.mouse.move(edge.x + 4, edge.y + 10);
  await page.mouse.down();
  await page.mouse.move(edge.x + 84, edge.y + 10, { steps: 4 });
  await page.mouse.up();
  const grown = await page.locator('#entry-1').innerText();
  expect(Number.parseFloat(grown)).toBeGreaterThan(16);
  const first = await page.locator('#entry-0').boundingBox();
  const last = await page.locator('#entry-2').boundingBox();
  if (!first || !last) throw new Error('no entries');
  await page.mouse.move(first.x + 10, first.y + 10);
  await page.mouse.down();
  await page.mouse.move(last.x + last.width / 2, last.y + 10, { steps: 8 });
  await page.mouse.up();
  await expect.poll(() => page.locator('#entry-0').innerText()).toBe(grown);
});

test('platforms, needs and options change the verdict at once', async () => {
  await openWith(OF_2015);
  await page.locator('#platforms summary').click();
  await page.locator('#on-arm-iommu').check();
  expect(await verdict('arm-iommu')).toBe('breaks');
  await page.locator('#device summary').click();
  await page.locator('#option-maxSegSize').fill('1M');
  await page.keyboard.press('Tab');
  await expect.poll(() => verdict('arm-iommu')).toBe('holds');
  await page.locator('#need').selectOption('same-count');
  await expect.poll(() => verdict('arm-iommu')).toBe('breaks');
  await page.locator('#option-boundary').fill('0x1000');
  await page.keyboard.press('Tab');
  await page.locator('[role=alert]', { hasText: 'is no mask' }).waitFor();
});

test('draws buffers from memory of a chosen age', async () => {
  await page.locator('#fragmentation').fill('1');
  await page.locator('#draw').click();
  const worst = await page.locator('.entry').count();
  await page.locator('#fragmentation').fill('0');
  await page.locator('#draw').click();
  expect(await page.locator('.entry').count()).toBeLessThanOrEqual(worst);
  expect(await page.locator('#age').innerText()).toContain('just booted');
});

test('copies command, picture and recording', async () => {
  await openWith(OF_2015);
  for (const what of ['command', 'svg', 'recording']) await page.locator(`#${what}-direct`).click();
  const copied = (await messages()).filter((one) => one.type === 'copy');
  expect(copied.map((one) => one.what)).toEqual(['command', 'SVG', 'recording']);
  expect(copied[0]?.text).toMatch(/^dma-lens simulate --backend direct --kernel 4\.4 --segments 64K@/);
  expect(copied[1]?.text).toMatch(/^<svg /);
  expect(copied[2]?.text?.split('\n')).toHaveLength(3);
});

test('keeps its state when it is hidden and comes back', async () => {
  await openWith(OF_2015);
  await page.locator('#entry-2').focus();
  await page.keyboard.press('Delete');
  await page.reload();
  await expect.poll(() => page.locator('.entry').count()).toBe(2);
  expect(await page.locator('#kernel').inputValue()).toBe('4.4');
});
