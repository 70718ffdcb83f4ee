/** Bytes of a source file to text and back, without loss. */

export interface Decoded {
  readonly text: string;
  readonly encoding: 'utf8' | 'latin1';
}

/** As UTF-8 where it is (a byte order mark stays in the text), else as Latin-1, which any bytes are. */
export function decodeSource(bytes: Uint8Array): Decoded {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), encoding: 'utf8' };
  } catch {
    return { text: Buffer.from(bytes).toString('latin1'), encoding: 'latin1' };
  }
}

/** The bytes of a text; undefined when the encoding has no place for some character of it. */
export function encodeSource({ text, encoding }: Decoded): Uint8Array | undefined {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : undefined;
}
