// A node's memory of sessions, in columns: who is in which room, by which socket, and how far they have read.

import { Handles, grown, slotOf } from "../handles.ts";
import type { ParticipantBody } from "../protocol/bodies.ts";
import type { Room } from "./room.ts";

export const SessionState = {
  free: 0,
  attached: 1,
  /** The socket is gone; the presence grace runs and others still see the participant. */
  detached: 2,
  /** The grace is over, others were told; the resume window still runs. */
  away: 3,
} as const;
export type SessionState = (typeof SessionState)[keyof typeof SessionState];

/** Refused ids remembered per session. Assumed: twice the burst of a connection. */
const NOT_TAKEN_MAX = 128;

export class Sessions {
  readonly handles = new Handles();
  state = new Uint8Array(64);
  edge = new Int32Array(64);
  connection = new Int32Array(64);
  /** Sequence numbers: sent so far = the room's multicasts + this. */
  offset = new Int32Array(64);
  ackedS = new Int32Array(64);
  /** A pair that belongs together: all up to number `logS` lies before position `logAt` of the room's log. */
  logAt = new Int32Array(64);
  logS = new Int32Array(64);
  /** Highest message id seen: ids only grow, so a lower one is a repetition. */
  highestId = new Int32Array(64);
  rotation = new Uint16Array(64);
  /** Theoretical arrival time of the connection's bucket. */
  tat = new Float64Array(64);
  detachedAtMs = new Float64Array(64);
  readonly room: (Room | undefined)[] = [];
  readonly participant: (ParticipantBody | undefined)[] = [];
  readonly sessionId: string[] = [];
  /** Message ids below the highest that were not taken: refused here, or by the edge. Only of sessions that have such. */
  readonly notTaken = new Map<number, number[]>();
  attachedCount = 0;

  open(room: Room, participant: ParticipantBody, sessionId: string): number {
    const session = this.handles.allocate();
    if (this.handles.capacity > this.state.length) this.#grow(this.handles.capacity);
    const at = slotOf(session);
    this.state[at] = SessionState.detached;
    this.edge[at] = -1;
    this.connection[at] = -1;
    this.offset[at] = -room.log.multicasts;
    this.ackedS[at] = 0;
    this.logAt[at] = room.log.end;
    this.logS[at] = 0;
    this.highestId[at] = 0;
    this.rotation[at] = 0;
    this.tat[at] = 0;
    this.detachedAtMs[at] = Infinity;
    this.room[at] = room;
    this.participant[at] = participant;
    this.sessionId[at] = sessionId;
    return session;
  }

  release(session: number): void {
    const at = slotOf(session);
    this.state[at] = SessionState.free;
    this.room[at] = undefined;
    this.participant[at] = undefined;
    this.sessionId[at] = "";
    this.notTaken.delete(session);
    this.handles.release(session);
  }

  /**
   * Whether this id is new, and remembers it. Ids only grow, so one that is not above the highest is a repetition,
   * unless it was refused before: its refusal was lost, and it is offered again. An id that was skipped was refused by
   * the edge.
   */
  isNewId(session: number, id: number): boolean {
    const at = slotOf(session);
    const highest = this.highestId[at]!;
    if (id > highest) {
      if (highest > 0) {
        for (let i = Math.max(highest + 1, id - NOT_TAKEN_MAX); i < id; i++)
          this.refused(session, i);
      }
      this.highestId[at] = id;
      return true;
    }
    const notTaken = this.notTaken.get(session);
    const place = notTaken === undefined ? -1 : notTaken.indexOf(id);
    if (place < 0) return false;
    notTaken!.splice(place, 1);
    return true;
  }

  /** The message with this id was refused, and may be offered again. */
  refused(session: number, id: number): void {
    const notTaken = this.notTaken.get(session);
    if (notTaken === undefined) this.notTaken.set(session, [id]);
    else if (notTaken.push(id) > NOT_TAKEN_MAX) notTaken.shift();
  }

  /** Number of the last critical message this session was sent, or would have been. */
  sentS(session: number): number {
    const at = slotOf(session);
    return this.room[at]!.log.multicasts + this.offset[at]!;
  }

  #grow(size: number): void {
    this.state = grown(this.state, new Uint8Array(size));
    this.edge = grown(this.edge, new Int32Array(size));
    this.connection = grown(this.connection, new Int32Array(size));
    this.offset = grown(this.offset, new Int32Array(size));
    this.ackedS = grown(this.ackedS, new Int32Array(size));
    this.logAt = grown(this.logAt, new Int32Array(size));
    this.logS = grown(this.logS, new Int32Array(size));
    this.highestId = grown(this.highestId, new Int32Array(size));
    this.rotation = grown(this.rotation, new Uint16Array(size));
    this.tat = grown(this.tat, new Float64Array(size));
    this.detachedAtMs = grown(this.detachedAtMs, new Float64Array(size));
  }
}
