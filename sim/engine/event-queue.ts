// The future-event list: what is still to happen, earliest first.
//
// The rule every implementation obeys: events leave by time, and among equal times in the order
// in which they were pushed. So the order of a run is a function of the pushes alone, and a heap, a
// wheel and a queue that changes from one to the other while it runs are interchangeable to the bit.
//
// An event is five plain fields instead of an object or a closure: a popped event is read from the
// queue's own fields, so that neither pushing nor popping allocates. Nothing is cancelled: whoever
// set a timer looks again when it fires and re-arms it if its deadline has moved.

/** Where a queue leaves the event it took out; valid until the next pop. */
export interface PoppedEvent {
  /** When it happens, integer microseconds. */
  atUs: number;
  /** What it is, 0 to 255. */
  kind: number;
  /** Two int32 arguments, usually handles of entities. */
  a: number;
  b: number;
  /** A shared object that travels with the event, or undefined. */
  payload: object | undefined;
}

export interface EventQueue extends PoppedEvent {
  /** Pending events. */
  readonly size: number;

  /**
   * Adds an event at `atUs`, an integer from the current time on: the time of the last popped event
   * or, if later, the highest limit for which `popUntil` had nothing. Throws `BrokenRule` on a time
   * before that.
   */
  push(atUs: number, kind: number, a: number, b: number, payload: object | undefined): void;

  /** Takes the earliest event into the fields; false when there is none. */
  pop(): boolean;

  /** Takes the earliest event if its time is at most `limitUs`; else false, and time is `limitUs`. */
  popUntil(limitUs: number): boolean;
}

/** 2^53 µs, where doubles stop counting single microseconds: 285 years. */
export const TIME_US_MAX = Number.MAX_SAFE_INTEGER;
