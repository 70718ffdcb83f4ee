import { type Browser, chromium, type FrameLocator, type Locator, type Page } from 'playwright-core';

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-sync',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1', // Nothing leaves the machine.
    ],
  });
}

/** A fresh context per page: layout, recent commands and caches live in the browser's storage. */
export async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  await page.goto(url);
  await page.locator('.monaco-workbench').waitFor({ timeout: 240_000 });
  return page;
}

/** The editor prints spaces as U+00A0. */
export async function textOf(locator: Locator): Promise<string> {
  return (await locator.innerText()).replaceAll('\u00a0', ' ');
}

export function token(page: Page, word: string): Locator {
  return page.locator('.editor-instance:visible .view-line span span', { hasText: new RegExp(`^\\s*${word}`) }).first();
}

/** Tries again, because a layout change (code lens, inlay hint) closes a hover or moves the word. */
export async function hover(page: Page, word: string, containing: string): Promise<Locator> {
  const box = page.locator('.monaco-hover:visible').filter({ hasText: containing });
  for (let attempt = 0; attempt < 10; attempt++) {
    await page.mouse.move(5, 450);
    await token(page, word).hover();
    if (
      await box.waitFor({ timeout: 2000 }).then(
        () => true,
        () => false,
      )
    )
      return box;
  }
  throw new Error(`no hover on ${word}`);
}

/** Call it before clicking elsewhere: an open hover covers what lies below it, webviews included. */
export async function leaveHover(page: Page): Promise<void> {
  await page.mouse.move(5, 450);
  await page.keyboard.press('Escape');
  await page.locator('.monaco-hover:visible').waitFor({ state: 'hidden' });
}

/** The document the extension wrote sits in a frame within a frame. */
export function webview(page: Page): FrameLocator {
  return page.frameLocator('iframe.webview.ready >> visible=true').frameLocator('#active-frame');
}

/** Runs a command by its title, as a user would. Use host.run for everything that is not under test. */
export async function palette(page: Page, title: string): Promise<void> {
  const chosen = page.locator(`.quick-input-widget:visible .monaco-list-row.focused[aria-label^="${title}"]`);
  for (let attempt = 0; attempt < 10; attempt++) {
    await page.keyboard.press('F1');
    const typed = page.locator('.quick-input-widget:visible input.input').fill(`>${title}`, { timeout: 2000 });
    if (
      await typed
        .then(() => chosen.waitFor({ timeout: 2000 }))
        .then(
          () => true,
          () => false,
        )
    ) {
      await page.keyboard.press('Enter');
      return;
    }
    // A palette that is open keeps the commands that were enabled when it was opened.
    await page.keyboard.press('Escape');
  }
  throw new Error(`no command "${title}"`);
}

/** Opens the light bulb's menu where the cursor is, moves to `title` and takes it. */
export async function quickFix(page: Page, title: string, seen?: () => Promise<void>): Promise<void> {
  const bulb = '.lightBulbWidget:visible, .gutter-lightbulb:visible, .codicon-gutter-lightbulb-auto-fix:visible';
  await page.locator(bulb).first().waitFor();
  await focusEditor(page);
  await page.keyboard.press('Control+.');
  const focused = page.locator('.action-widget:visible .monaco-list-row.focused');
  await focused.waitFor();
  for (let row = 0; row < 12; row++) {
    if ((await focused.innerText()).includes(title)) {
      await seen?.();
      await page.keyboard.press('Enter'); // Clicks are swallowed for a moment after the menu opens.
      return;
    }
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`the light bulb does not offer "${title}"`);
}

/** Rows of a tree view, by their text. */
export const row = (page: Page, text: string | RegExp): Locator =>
  page.locator('.pane-body .monaco-list-row:visible', { hasText: text });

export async function focusEditor(page: Page): Promise<void> {
  const input = '.editor-instance:visible .native-edit-context, .editor-instance:visible textarea';
  await page.locator(input).first().focus();
}

export const problem = (page: Page, message: string): Locator =>
  page.locator('.markers-panel .monaco-list-row', { hasText: message });
export const lens = (page: Page, title: string): Locator => page.locator('.codelens-decoration a', { hasText: title });
export const toast = (page: Page, message: string): Locator =>
  page.locator('.notification-toast', { hasText: message });
/** Status bar items carry `<publisher>.<extension name>.<id given to createStatusBarItem>`. */
export const status = (page: Page, id: string): Locator => page.locator(`[id="${id}"]`);
