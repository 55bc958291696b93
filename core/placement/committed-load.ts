// What a node has promised: Σ over its rooms of max(actual, reserved), connections.
//
// A booked meeting fills within minutes of its first joiner; until then its booked size counts, or a
// storm of first joiners would all see an empty node. A reservation is worth nothing for ever: after
// `reserveMs` those who were to come have come, and the room counts as it is.

import { assert } from "../assert.ts";
import { DeadlineQueue } from "../deadlines.ts";
import { slotOf } from "../handles.ts";

/** Cited: placement study, bounded by committed load, "decaying after about 10 min". */
export const RESERVE_MS = 600_000;

/** A closed slot: no room's number. */
const CLOSED = -1;

export class CommittedLoad {
  readonly #reserveMs: number;
  #total = 0;
  // Columns by the slot of the room's handle.
  readonly #rooms: number[] = [];
  readonly #actual: number[] = [];
  readonly #reserved: number[] = [];
  readonly #deadlines = new DeadlineQueue();

  constructor(reserveMs: number = RESERVE_MS) {
    assert(reserveMs >= 0, "a reservation lasts no negative time", reserveMs);
    this.#reserveMs = reserveMs;
  }

  get total(): number {
    return this.#total;
  }

  /** A room opened, empty, with so many connections reserved. `room` is its handle. */
  opened(room: number, reserved: number, nowMs: number): void {
    const slot = slotOf(room);
    while (this.#rooms.length <= slot) {
      this.#rooms.push(CLOSED);
      this.#actual.push(0);
      this.#reserved.push(0);
    }
    assert(this.#rooms[slot] === CLOSED, "a room opens once", room);
    this.#rooms[slot] = room;
    this.#actual[slot] = 0;
    this.#reserved[slot] = reserved;
    this.#total += reserved;
    if (reserved > 0) this.#deadlines.push(room, nowMs + this.#reserveMs);
  }

  /** The room has so many connections now. */
  sized(room: number, actual: number): void {
    const slot = this.#slotOfOpen(room);
    const reserved = this.#reserved[slot];
    this.#total += Math.max(actual, reserved) - Math.max(this.#actual[slot], reserved);
    this.#actual[slot] = actual;
  }

  closed(room: number): void {
    const slot = this.#slotOfOpen(room);
    this.#total -= Math.max(this.#actual[slot], this.#reserved[slot]);
    this.#rooms[slot] = CLOSED;
  }

  /** When the next reservation ends, ms; that of a room that closed since included. */
  nextDeadlineMs(): number {
    return this.#deadlines.nextMs;
  }

  deadlinePassed(nowMs: number): void {
    for (let room = this.#deadlines.take(nowMs); room >= 0; room = this.#deadlines.take(nowMs)) {
      const slot = slotOf(room);
      if (this.#rooms[slot] !== room) continue; // It closed, and the slot may be another's.
      this.#total -= Math.max(this.#actual[slot], this.#reserved[slot]) - this.#actual[slot];
      this.#reserved[slot] = 0;
    }
  }

  #slotOfOpen(room: number): number {
    const slot = slotOf(room);
    assert(this.#rooms[slot] === room, "a room is counted while it is open", room);
    return slot;
  }
}
