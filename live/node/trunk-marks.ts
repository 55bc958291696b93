// How much waits on trunks, told only when it matters.
//
// A trunk whose buffer is over the mark is reported, again while it is over, and once more when it is down to half of it: a mark with
// one level would be crossed with every frame. While none is over nothing is polled.

import type { TrunkToEdge } from "../trunk/trunk.ts";

/** Assumed: some thousand frames; at a trunk's usual pace a fraction of a second. */
export const TRUNK_MARK_BYTES = 1024 * 1024;
/** Assumed: short against the seconds after which somebody acts on it. */
const POLL_EVERY_MS = 50;

export class TrunkMarks {
  readonly #tell: (edge: number, bytes: number) => void;
  readonly #markBytes: number;
  readonly #over = new Set<TrunkToEdge>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (edge: number, bytes: number) => void, markBytes = TRUNK_MARK_BYTES) {
    this.#tell = tell;
    this.#markBytes = markBytes;
  }

  /** Something was sent on it. */
  look(trunk: TrunkToEdge): void {
    const bytes = trunk.bufferedBytes;
    if (bytes < this.#markBytes || this.#over.has(trunk)) return;
    this.#over.add(trunk);
    this.#timer ??= setInterval(this.#poll, POLL_EVERY_MS).unref();
    this.#tell(trunk.edge, bytes);
  }

  /** It is closed. */
  forget(trunk: TrunkToEdge): void {
    this.#over.delete(trunk);
    this.#restIfIdle();
  }

  readonly #poll = (): void => {
    for (const trunk of [...this.#over]) {
      if (!this.#over.has(trunk)) continue; // Dropped for what was told of another.
      const bytes = trunk.bufferedBytes;
      if (bytes <= this.#markBytes / 2) this.#over.delete(trunk);
      this.#tell(trunk.edge, bytes);
    }
    this.#restIfIdle();
  };

  #restIfIdle(): void {
    if (this.#over.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
