// How large, how deep and how harmless a JSON value is, without Node.
//
// Depth is read off the text before it is parsed: whatever a parser or a walker does later, it does
// at most as many levels deep as the protocol allows. Sizes are those of the UTF-8 text that
// JSON.stringify would give, counted without building it.

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Bytes of `text` in UTF-8; a lone surrogate counts as the 3 bytes of U+FFFD. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (isPair(text, i)) {
      bytes += 2; // Two units, four bytes.
      i += 1;
    } else bytes += 2;
  }
  return bytes;
}

/** Code points of `text`, or Infinity when it holds half of a surrogate pair: that is no text. */
export function codePoints(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xe000) {
      if (!isPair(text, i)) return Infinity;
      i += 1;
    }
    count += 1;
  }
  return count;
}

function isPair(text: string, i: number): boolean {
  const high = text.charCodeAt(i);
  if (high < 0xd800 || high >= 0xdc00 || i + 1 >= text.length) return false;
  const low = text.charCodeAt(i + 1);
  return low >= 0xdc00 && low < 0xe000;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether the brackets of a JSON text nest deeper than `depthMax`. Any text may be asked about. */
export function isDeeperThan(text: string, depthMax: number): boolean {
  if (text.length <= depthMax) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) {
      i = endOfString(text, i);
    } else if (unit === 0x7b || unit === 0x5b) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (unit === 0x7d || unit === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}

/**
 * Where the string that begins at `start` ends: at its closing quote, or at the end of the text. Jumps
 * from quote to quote, since a description is thousands of units of which none matters here.
 */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if ((backslashes & 1) === 0) return end;
  }
  return text.length;
}

/** Bytes of JSON.stringify(text), quotes included. */
export function jsonStringBytes(text: string): number {
  let bytes = text.length + 2;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x20 && unit < 0x80) {
      if (unit === QUOTE || unit === BACKSLASH) bytes += 1;
    } else if (unit < 0x20) {
      const isShort = unit === 8 || unit === 9 || unit === 10 || unit === 12 || unit === 13;
      bytes += isShort ? 1 : 5; // \n and the like, or \u001f.
    } else if (unit < 0x800) {
      bytes += 1;
    } else if (isPair(text, i)) {
      bytes += 2;
      i += 1;
    } else {
      bytes += unit >= 0xd800 && unit < 0xe000 ? 5 : 2; // Half a pair is written as \ud83d.
    }
  }
  return bytes;
}

/** Bytes of JSON.stringify(value) for a JSON value; absent (undefined) members count nothing. */
export function jsonBytes(value: unknown): number {
  if (typeof value === "string") return jsonStringBytes(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value).length : 4;
  if (typeof value === "boolean") return value ? 4 : 5;
  if (typeof value !== "object" || value === null) return 4;
  if (Array.isArray(value)) {
    let bytes = value.length === 0 ? 2 : value.length + 1;
    for (const item of value) bytes += jsonBytes(item);
    return bytes;
  }
  let bytes = 1;
  for (const key of Object.keys(value)) {
    const member = (value as JsonObject)[key];
    if (member !== undefined) bytes += jsonStringBytes(key) + 2 + jsonBytes(member);
  }
  return bytes === 1 ? 2 : bytes;
}

/**
 * Whether no object inside has a member called `__proto__`. The parser makes it an ordinary member, but
 * the first program that copies it by assignment would change the prototype of its copy.
 */
export function isHarmless(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isHarmless);
  for (const key of Object.keys(value)) {
    if (key === "__proto__" || !isHarmless((value as JsonObject)[key])) return false;
  }
  return true;
}
