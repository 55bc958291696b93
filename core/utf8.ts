// Text as UTF-8 bytes, without an encoder from the host.
//
// Hash scores are part of a contract with other programs, so they are taken over UTF-8 bytes; core
// has neither TextEncoder nor Buffer. As with TextEncoder, a lone surrogate becomes U+FFFD.

const REPLACEMENT = 0xfffd;

/** The most bytes that `text` may need: three for each UTF-16 unit. */
export function utf8BytesMax(text: string): number {
  return text.length * 3;
}

/**
 * Writes `text` to `bytes` from its start and returns the number of bytes written. `bytes` must
 * hold `utf8BytesMax(text)`.
 */
export function writeUtf8(text: string, bytes: Uint8Array): number {
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i);
    if (point < 0x80) {
      bytes[at++] = point;
      continue;
    }
    if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
      bytes[at++] = 0x80 | (point & 0x3f);
      continue;
    }
    if (point >= 0xd800 && point < 0xe000) {
      point = pairedPoint(text, i);
      if (point !== REPLACEMENT) i++; // The pair's second half is consumed.
    }
    if (point >= 0x10000) {
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
    } else {
      bytes[at++] = 0xe0 | (point >> 12);
    }
    bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
    bytes[at++] = 0x80 | (point & 0x3f);
  }
  return at;
}

/** The code point of the surrogate pair that starts at `i`, or U+FFFD when there is no pair. */
function pairedPoint(text: string, i: number): number {
  const high = text.charCodeAt(i);
  const low = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
  if (high >= 0xdc00 || low < 0xdc00 || low >= 0xe000) return REPLACEMENT;
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}
