/** Reports as JSON: addresses are hex strings, lengths bytes. */

/** Safe to embed in a page: no `<` is left in it. */
export function traceJson(value: object, indent?: number): string {
  const text = JSON.stringify(
    value,
    (_key, one: unknown) => (typeof one === 'bigint' ? `0x${one.toString(16)}` : one),
    indent,
  );
  return text.replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
