// The critical messages of a room, kept for those who may have to be told again.
//
// One log per room, not one per session: a message to the room is held once, however many members it has. A
// session's sequence numbers count the entries that are for it, so its number is never stored per entry:
// sent = multicasts of the room + an offset of the session (sessions.ts), and a replay finds the entries by
// walking from a place whose number is known. Acknowledgements only move a number; the walk happens when the log
// is trimmed, which is when it has doubled, so it costs a constant per entry and member.

import { slotOf } from "../handles.ts";
import type { Message } from "../protocol/message.ts";
import type { Sessions } from "./sessions.ts";

/** A log shorter than this is not worth trimming. Assumed: two cache lines of references per column. */
const TRIM_LEAST = 32;

export class RoomLog {
  /** Multicast entries ever written: each counts for every member but its sender. */
  multicasts = 0;
  #first = 0;
  #messages: Message[] = [];
  /** Session the entry is for, or -1 for the room. */
  #targets: number[] = [];
  /** Session that is left out, or -1. */
  #excepts: number[] = [];
  #trimAt = TRIM_LEAST;
  #acknowledgements = 0;

  /** Position after the last entry. */
  get end(): number {
    return this.#first + this.#messages.length;
  }

  get length(): number {
    return this.#messages.length;
  }

  /** Writes an entry and returns its number for nobody in particular: numbers are per session. */
  append(sessions: Sessions, message: Message, target: number, except: number): void {
    if (target >= 0) {
      const at = slotOf(target);
      sessions.offset[at] = sessions.offset[at]! + 1;
    } else {
      this.multicasts++;
      if (except >= 0) {
        const at = slotOf(except);
        sessions.offset[at] = sessions.offset[at]! - 1;
      }
    }
    this.#messages.push(message);
    this.#targets.push(target);
    this.#excepts.push(except);
  }

  /**
   * Visits what `session` was sent after number `last`, in order, with its number. False when the log
   * no longer reaches back that far: then only a snapshot helps.
   */
  replay(
    sessions: Sessions,
    session: number,
    last: number,
    visit: (message: Message, s: number) => void,
  ): boolean {
    const at = slotOf(session);
    const sent = sessions.sentS(session);
    if (last > sent || last < sessions.logS[at]! || sessions.logAt[at]! < this.#first) return false;
    let s = sessions.logS[at]!;
    for (let i = sessions.logAt[at]! - this.#first; i < this.#messages.length && s < sent; i++) {
      if (!this.#isFor(i, session)) continue;
      s++;
      if (s > last) visit(this.#messages[i]!, s);
    }
    return true;
  }

  /**
   * One more acknowledgement. True when there have been as many as members since the log was trimmed: then a quiet
   * room gives back what everybody has, at a constant price per acknowledgement.
   */
  acknowledged(members: number): boolean {
    this.#acknowledgements++;
    return this.#messages.length > 0 && this.#acknowledgements >= members;
  }

  /** Whether it is time to trim. */
  get isLong(): boolean {
    return this.#messages.length >= this.#trimAt;
  }

  /** Drops what all of `members` have acknowledged, or will only get by snapshot. */
  trim(sessions: Sessions, members: Iterable<number>, bufferMax: number): void {
    let keepFrom = this.end;
    this.#acknowledgements = 0;
    for (const session of members) {
      keepFrom = Math.min(keepFrom, this.#advance(sessions, session, bufferMax));
    }
    const drop = keepFrom - this.#first;
    if (drop > 0) {
      this.#messages = this.#messages.slice(drop);
      this.#targets = this.#targets.slice(drop);
      this.#excepts = this.#excepts.slice(drop);
      this.#first = keepFrom;
    }
    this.#trimAt = Math.max(TRIM_LEAST, 2 * this.#messages.length);
  }

  /** Moves the session's known place up to what it acknowledged; returns the position it still needs. */
  #advance(sessions: Sessions, session: number, bufferMax: number): number {
    const at = slotOf(session);
    const sent = sessions.sentS(session);
    const upTo = Math.max(sessions.ackedS[at]!, sent - bufferMax);
    let s = sessions.logS[at]!;
    let i = Math.max(sessions.logAt[at]! - this.#first, 0);
    if (upTo >= sent) {
      sessions.logS[at] = sent; // Everything is acknowledged: no need to walk.
      sessions.logAt[at] = this.end;
      return this.end;
    }
    while (i < this.#messages.length && s < upTo) {
      if (this.#isFor(i, session)) s++;
      i++;
    }
    sessions.logS[at] = s;
    sessions.logAt[at] = this.#first + i;
    return this.#first + i;
  }

  #isFor(i: number, session: number): boolean {
    const target = this.#targets[i]!;
    return target < 0 ? this.#excepts[i] !== session : target === session;
  }
}
