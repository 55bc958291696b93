// Counts by a label of few values. Plain numbers: the exposition reads them when it is asked, so that counting on the hot
// path is an addition.

/** Counts by one label. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(label: string, count = 1): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + count);
  }

  of(label: string): number {
    return this.#counts.get(label) ?? 0;
  }

  get total(): number {
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum;
  }

  each(visit: (label: string, count: number) => void): void {
    for (const [label, count] of this.#counts) visit(label, count);
  }
}

/** What passed over the trunks of this process. */
export class TrunkMeters {
  sentBytes = 0;
  receivedBytes = 0;
  sentFrames = 0;
  receivedFrames = 0;
  openedCount = 0;
  lostCount = 0;

  sent(bytes: number, frames = 1): void {
    this.sentBytes += bytes;
    this.sentFrames += frames;
  }

  received(bytes: number, frames = 1): void {
    this.receivedBytes += bytes;
    this.receivedFrames += frames;
  }

  opened(): void {
    this.openedCount++;
  }

  lost(): void {
    this.lostCount++;
  }
}
