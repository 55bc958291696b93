// What a bus did: for the metrics.

export class BusCounts {
  published = 0;
  heard = 0;
  /** Published while the bus was down: nobody hears it. */
  lost = 0;
  /** Heard and not understood: another version, a foreign publisher, a damaged payload. */
  ignored = 0;
}
