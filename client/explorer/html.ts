/** The document that the explorer's script runs in. Nothing comes from the network; script and style carry a nonce. */

import { STYLE } from './style';

export interface PageParts {
  /** Address of the script. */
  readonly script: string;
  /** Random for each document. */
  readonly nonce: string;
}

export function pageHtml({ script, nonce }: PageParts): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>DMA Layout Explorer</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main id="explorer"></main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
