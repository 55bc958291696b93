// The frames of trunks within one process, between the turns of those who sent them.
//
// One queue for all trunks and both ways, in columns: a frame is a row of numbers and at most two references, so that passing one on
// makes no object and no closure. It is emptied as soon as the sender's turn is over, before the event loop looks at a socket.

/** Takes the frames out, in the order in which they were put in. */
export interface MemoryFrameVisitor<End> {
  frame(to: End, kind: number, a: number, b: number, c: number, payload: unknown): void;
}

/** Rows that a new queue has room for. Assumed: a slice of fanout to a few edges. */
const FIRST_ROWS = 256;
const NUMBERS = 4;

export class MemoryQueue<End> {
  readonly #visitor: MemoryFrameVisitor<End>;
  #numbers = new Int32Array(FIRST_ROWS * NUMBERS);
  readonly #ends: (End | undefined)[] = [];
  readonly #payloads: unknown[] = [];
  #count = 0;
  #isScheduled = false;
  #isDraining = false;

  constructor(visitor: MemoryFrameVisitor<End>) {
    this.#visitor = visitor;
  }

  /** `a`, `b` and `c` are int32. */
  push(to: End, kind: number, a: number, b: number, c: number, payload: unknown): void {
    const row = this.#count++;
    if (row * NUMBERS === this.#numbers.length) this.#grow();
    const at = row * NUMBERS;
    const numbers = this.#numbers;
    numbers[at] = kind;
    numbers[at + 1] = a;
    numbers[at + 2] = b;
    numbers[at + 3] = c;
    this.#ends[row] = to;
    this.#payloads[row] = payload;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.drain);
  }

  /** Takes everything out; what is put in meanwhile too. Within itself it does nothing. */
  readonly drain = (): void => {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let row = 0; row < this.#count; row++) {
      const numbers = this.#numbers; // It may have grown.
      const at = row * NUMBERS;
      const to = this.#ends[row]!;
      const payload = this.#payloads[row];
      this.#ends[row] = undefined;
      this.#payloads[row] = undefined;
      this.#visitor.frame(
        to,
        numbers[at]!,
        numbers[at + 1]!,
        numbers[at + 2]!,
        numbers[at + 3]!,
        payload,
      );
    }
    this.#count = 0;
    this.#isScheduled = false;
    this.#isDraining = false;
  };

  #grow(): void {
    const longer = new Int32Array(this.#numbers.length * 2);
    longer.set(this.#numbers);
    this.#numbers = longer;
  }
}
