/** What the client tells the server at the start, besides the standard. */

export interface InitializationOptions {
  /** The client shows images in hovers. */
  readonly images?: boolean;
  readonly theme?: 'light' | 'dark' | 'high-contrast';
  /** Address of the folder with the rules' pages, with a slash at its end. */
  readonly rulePages?: string;
}

/** Notification: the editor's theme has changed. */
export const THEME_CHANGED = 'dmaLens/themeChanged';

/** Where the rules' pages are when the client does not say. */
export const RULE_PAGES = 'https://github.com/dma-lens/dma-lens/blob/main/docs/rules/';
