// The one clock of a process: monotonic, in ms since the Unix epoch as it was when the process began.
//
// Core is told times and only compares them. This one never goes back (a leap or a correction of the wall clock does
// not end a lease), and yet two processes agree to within their clocks' difference, which is what a resume token's expiry needs.
// What must be exact between processes (how long a join is still worth something) travels as a remaining time.

export interface Clock {
  /** ms since the Unix epoch, to the microsecond; never decreases. */
  nowMs(): number;
}

const { timeOrigin } = performance; // To ask for it takes longer than to ask for the time.

export const processClock: Clock = {
  nowMs: () => Math.round((timeOrigin + performance.now()) * 1_000) / 1_000,
};
