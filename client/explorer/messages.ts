/** What the page and the extension say to each other. */

import type { ExplorerRequest } from '../../server/protocol';

export type FromPage =
  | { readonly type: 'ready' }
  /** Put text on the clipboard; `what` names it for people. */
  | { readonly type: 'copy'; readonly what: string; readonly text: string };

export interface ToPage {
  readonly type: 'open';
  readonly request: ExplorerRequest;
}
