import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tracePage } from '../../server/trace/page';
import { summarize } from '../../server/trace/summary';
import { launch } from './page';

/** The page of `dma-lens trace --format html` in a real browser. */

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
});

function pageOf(text: string, name = 'trace.txt'): string {
  return tracePage(summarize(text.split('\n')), name);
}

async function open(html: string): Promise<{ readonly page: Page; readonly errors: readonly string[] }> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('request', (request) => !request.url().startsWith('about:') && errors.push(`asked for ${request.url()}`));
  await page.setContent(html);
  await page.waitForSelector('html[data-ready=yes]');
  return { page, errors };
}

function picture(page: Page): Promise<string> {
  return page.locator('#map').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
}

describe('a recording of Linux 6.12', () => {
  const html = pageOf(readFileSync('test/fixtures/trace-6.12.txt', 'utf8'));

  test('is drawn, and everything works from the keyboard', async () => {
    const { page, errors } = await open(html);
    const whole = await picture(page);
    await page.keyboard.press('Tab');
    for (let i = 0; i < 8 && !(await page.evaluate(() => document.activeElement?.id === 'map')); i++) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('n');
    expect(await page.textContent('#said')).toMatch(
      /^line 13: 0000:00:01\.0 TO_DEVICE, for .* ms: \[0xfffc0000, 64K\]/,
    );
    await page.keyboard.press('n');
    expect(await page.textContent('#said')).toMatch(/^line 1\d: /);
    await page.keyboard.press('p');
    expect(await page.textContent('#said')).toMatch(/^line 13: /);
    await page.keyboard.press('Escape');
    await page.keyboard.press('+');
    const near = await picture(page);
    expect(near).not.toBe(whole);
    await page.keyboard.press('ArrowRight');
    expect(await picture(page)).not.toBe(near);
    await page.keyboard.press('Home');
    expect(await picture(page)).toBe(whole);
    expect(errors).toEqual([]);
  });

  test('and with the mouse', async () => {
    const { page, errors } = await open(html);
    const whole = await picture(page);
    await page.locator('#map').hover();
    await page.mouse.wheel(0, -300);
    await expect.poll(() => picture(page)).not.toBe(whole);
    await page.getByRole('button', { name: 'All' }).click();
    expect(await picture(page)).toBe(whole);
    await page.getByRole('button', { name: 'Next mapping' }).click();
    expect(await page.textContent('#said')).not.toBe('');
    await page.locator('#device').selectOption('0000:00:01.0');
    expect(await page.textContent('#said')).toBe('');
    expect(errors).toEqual([]);
  });

  test('says what it is to those who do not see it', async () => {
    const { page } = await open(html);
    expect(await page.locator('#map').getAttribute('aria-label')).toMatch(/Arrow keys move/);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('DMA trace trace.txt');
    expect(await page.getByRole('columnheader', { name: 'what breaks' }).count()).toBe(1);
    expect(await page.locator('section').getByRole('row').count()).toBeGreaterThan(10);
  });
});

test('names from the trace are text, never markup', async () => {
  const evil = `<img/src=x/onerror=document.title='bad'></script><script>document.title='bad'</script>`;
  const line = `  t-1 [000] ..... 1.000000: dma_map_page: ${evil} dir=TO_DEVICE dma_addr=fffff000 size=64 phys_addr=1000 attrs=`;
  const { page, errors } = await open(pageOf(line, `<b>${evil}`));
  expect(await page.title()).toBe(`DMA trace <b>${evil}`);
  expect(await page.locator('h2').last().innerText()).toBe(evil);
  expect(await page.locator('img').count()).toBe(0);
  expect(errors).toEqual([]);
});
