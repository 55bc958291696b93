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
    this.handles.release(session);
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
