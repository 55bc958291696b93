// An edge's memory of its connections, in columns, and of the rooms they are in.
//
// An edge knows little: which session on which node a socket belongs to, which number its next critical
// message has, and when it was last heard. A slow client also has an outbound queue; the others never pay for one.

import { Handles, grown, slotOf } from "../handles.ts";
import type { OutboundQueue } from "../budgets/outbound-queue.ts";
import type { ParticipantBody } from "../protocol/bodies.ts";
import type { AttachRequest } from "../trunk.ts";

export const ConnectionState = {
  free: 0,
  /** Open, nobody yet: must join or resume by the authentication deadline. */
  open: 1,
  /** A token is being verified. */
  verifying: 2,
  /** Admission or a node has the request. */
  attaching: 3,
  attached: 4,
  /** Its node died or drains: told to resume, still open. */
  orphaned: 5,
  /** Told to resume because its node drains: what the node had said by then is still on its way to it. */
  parting: 6,
} as const;
export type ConnectionState = (typeof ConnectionState)[keyof typeof ConnectionState];

/** The members of one room of one node that are connected here. */
export class EdgeRoom {
  readonly roomId: string;
  readonly node: number;
  readonly room: number;
  /** Size the room was booked for. */
  readonly expectedSize: number;
  readonly members: number[] = [];

  constructor(roomId: string, node: number, room: number, expectedSize: number) {
    this.expectedSize = expectedSize;
    this.roomId = roomId;
    this.node = node;
    this.room = room;
  }
}

export class Connections {
  readonly handles = new Handles();
  state = new Uint8Array(64);
  node = new Int32Array(64);
  session = new Int32Array(64);
  nextS = new Int32Array(64);
  ackedS = new Int32Array(64);
  /** Which attachment of its session this is, see `attachmentOf`. */
  attachment = new Uint16Array(64);
  memberAt = new Int32Array(64);
  heardAtMs = new Float64Array(64);
  /** Theoretical arrival time of the ingress bucket (SPEC TB). */
  ingressTat = new Float64Array(64);
  /** The same of what is not for the node. */
  askedTat = new Float64Array(64);
  toldSpreadMs = new Float32Array(64);
  /** Theoretical arrival time of the bucket of its strikes (edge-ingress.ts). */
  strikesTat = new Float64Array(64);
  /** When the resume token that it holds was sealed, ms, and for which rotation of its session. */
  sealedAtMs = new Float64Array(64);
  rotation = new Uint16Array(64);
  /** Without a session: until when it may stay open, ms. */
  openUntilMs = new Float64Array(64);
  readonly room: (EdgeRoom | undefined)[] = [];
  /** Who a connection is, while it has a session. */
  readonly participant: (ParticipantBody | undefined)[] = [];
  readonly sessionId: string[] = [];
  /** Where it comes from; "" when nobody counts. */
  readonly address: string[] = [];
  /** Told when a connection with an address is released. */
  readonly #left: (address: string) => void;
  /** The request under way while attaching. */
  readonly request: (AttachRequest | undefined)[] = [];
  readonly queues = new Map<number, OutboundQueue>();
  /** Slots with a session. */
  attachedCount = 0;

  constructor(left: (address: string) => void = () => {}) {
    this.#left = left;
  }

  open(nowMs: number, address = ""): number {
    const connection = this.handles.allocate();
    if (this.handles.capacity > this.state.length) this.#grow(this.handles.capacity);
    const at = slotOf(connection);
    this.state[at] = ConnectionState.open;
    this.node[at] = -1;
    this.session[at] = -1;
    this.nextS[at] = 0;
    this.ackedS[at] = 0;
    this.memberAt[at] = -1;
    this.heardAtMs[at] = nowMs;
    this.ingressTat[at] = 0;
    this.askedTat[at] = 0;
    this.strikesTat[at] = 0;
    this.sealedAtMs[at] = 0;
    this.rotation[at] = 0;
    this.toldSpreadMs[at] = 0;
    this.openUntilMs[at] = 0;
    this.room[at] = undefined;
    this.participant[at] = undefined;
    this.sessionId[at] = "";
    this.address[at] = address;
    this.request[at] = undefined;
    return connection;
  }

  release(connection: number): void {
    const at = slotOf(connection);
    this.leaveRoom(connection);
    if (this.queues.size > 0) this.queues.delete(connection);
    this.state[at] = ConnectionState.free;
    if (this.address[at] !== "") this.#left(this.address[at]!);
    this.participant[at] = undefined;
    this.sessionId[at] = "";
    this.request[at] = undefined;
    this.handles.release(connection);
  }

  isOpen(connection: number): boolean {
    return this.handles.isLive(connection);
  }

  enterRoom(connection: number, room: EdgeRoom): void {
    const at = slotOf(connection);
    this.room[at] = room;
    this.memberAt[at] = room.members.length;
    room.members.push(connection);
    this.attachedCount++;
  }

  /** Takes the connection out of its room; the last member's place closes the gap. */
  leaveRoom(connection: number): EdgeRoom | undefined {
    const at = slotOf(connection);
    const room = this.room[at];
    if (room === undefined) return undefined;
    const place = this.memberAt[at]!;
    const last = room.members.pop()!;
    if (last !== connection) {
      room.members[place] = last;
      this.memberAt[slotOf(last)] = place;
    }
    this.room[at] = undefined;
    this.memberAt[at] = -1;
    this.attachedCount--;
    return room;
  }

  #grow(size: number): void {
    this.state = grown(this.state, new Uint8Array(size));
    this.node = grown(this.node, new Int32Array(size));
    this.session = grown(this.session, new Int32Array(size));
    this.nextS = grown(this.nextS, new Int32Array(size));
    this.ackedS = grown(this.ackedS, new Int32Array(size));
    this.attachment = grown(this.attachment, new Uint16Array(size));
    this.memberAt = grown(this.memberAt, new Int32Array(size));
    this.heardAtMs = grown(this.heardAtMs, new Float64Array(size));
    this.ingressTat = grown(this.ingressTat, new Float64Array(size));
    this.askedTat = grown(this.askedTat, new Float64Array(size));
    this.strikesTat = grown(this.strikesTat, new Float64Array(size));
    this.sealedAtMs = grown(this.sealedAtMs, new Float64Array(size));
    this.rotation = grown(this.rotation, new Uint16Array(size));
    this.openUntilMs = grown(this.openUntilMs, new Float64Array(size));
    this.toldSpreadMs = grown(this.toldSpreadMs, new Float32Array(size));
  }
}
