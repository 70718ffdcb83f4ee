/**
 * Text from files and names as it may be shown on a terminal: what would move the cursor, colour, hide or turn text
 * around is shown as a sign of its own. Tabs stay.
 */
export function visible(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const code = char.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}

/** Controls but for tabs and newlines, and marks that change the direction of text. */
const UNSAFE = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
