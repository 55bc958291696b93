// A text with a limit: whatever is put on the page, it never grows above so many bytes.
//
// What must be there is put first. What may be long is a list of items between a head and a tail: as many
// items as there is room for, and a line that says how many were left out.

/** Items between a head and a tail, each ending its own line. */
export interface Section {
  readonly head: string;
  readonly items: readonly string[];
  readonly tail: string;
  /** What is said of `count` items that had no room, as one item. */
  readonly leftOut: (count: number) => string;
}

export class Page {
  readonly #bytesMax: number;
  #bytes = 0;
  #text = "";

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get text(): string {
    return this.#text;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** False, and the page is as it was, when the text has no room. `reserveBytes` are kept for what comes later. */
  add(text: string, reserveBytes = 0): boolean {
    const bytes = utf8Length(text);
    if (this.#bytes + bytes + reserveBytes > this.#bytesMax) return false;
    this.#text += text;
    this.#bytes += bytes;
    return true;
  }

  /** The section with as many items as fit; nothing when it has none or none fits. */
  addSection({ head, items, tail, leftOut }: Section, reserveBytes = 0): void {
    const more = leftOut(items.length);
    const around = utf8Length(head) + utf8Length(tail) + utf8Length(more) + reserveBytes;
    let left = this.#bytesMax - this.#bytes - around;
    const fitting: string[] = [];
    for (const item of items) {
      left -= utf8Length(item);
      if (left < 0) break;
      fitting.push(item);
    }
    if (fitting.length === 0) return;
    const missing = items.length - fitting.length;
    const rest = missing === 0 ? "" : leftOut(missing);
    this.add(head + fitting.join("") + rest + tail, reserveBytes);
  }
}

/** Bytes of the text in UTF-8; half of a pair counts as the three of U+FFFD, which it is written as. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!; // A character has a code point.
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
