// How much a recording may take of its disk, over all machines of the process and whatever lies there already.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

export class Space {
  readonly #maxBytes: number;
  #usedBytes = 0;

  /** Counts what lies in the directory. Throws when it cannot be read. */
  constructor(directory: string, maxBytes: number) {
    this.#maxBytes = maxBytes;
    for (const file of readdirSync(directory)) {
      this.#usedBytes += statSync(join(directory, file), { throwIfNoEntry: false })?.size ?? 0;
    }
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get isFull(): boolean {
    return this.#usedBytes >= this.#maxBytes;
  }

  taken(bytes: number): void {
    this.#usedBytes += bytes;
  }

  given(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
