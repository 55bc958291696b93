// What an edge does when a node is gone: the sockets survive, the sessions move.
//
// The edge is the one that still knows who was in which room. So first it declares these orphans to each room's
// new home, which then knows the whole roster before the first client comes back, and nobody is told that somebody
// left who did not. Then every client gets its own slot: the survivors admit R resumes per second, N sessions
// were lost in all (the node's last beat says so), so each edge spreads its share evenly over N / (fill × R), and all
// edges together fill that rate, without talking to each other. Each room is spread over the whole of it: the room goes to one
// node, which admits a share of R, so a large room whose members came one behind the other would wait there, or be
// turned away.
//
// The other edges notice a moment earlier or later, and nobody waits for them: so no slot is before what they declare has come. Who
// was let in before would find half of his room absent, and see them come again.

import { slotOf } from "../handles.ts";
import type { ClusterView, NodeRecord } from "../cluster-view.ts";
import type { DrainBody, ParticipantBody } from "../protocol/bodies.ts";
import { Kind, Message } from "../protocol/message.ts";
import { serverFrameBytes } from "../protocol/sizes.ts";
import type { OrphanRoom } from "../trunk.ts";
import { ConnectionState, type Connections, type EdgeRoom } from "./connections.ts";
import type { EdgeDelivery } from "./edge-delivery.ts";
import type { EdgeOutbox } from "./edge-outbox.ts";
import type { EdgePolicy } from "./edge-policy.ts";
import type { Timeouts } from "./timeouts.ts";

/** Multiples of it, mod 1, fill an interval evenly, however many there are: rooms of one member do not coincide. */
const GOLDEN = 0.6180339887498949;
/** The first slot, ms from the loss. Assumed: edges notice a closed connection within a turn or two of their event loops, and a turn
 * of a busy one is tens of ms; and nobody who has lost his node for seconds minds a quarter of one. */
const DECLARED_WITHIN_MS = 250;

export class Orphans {
  readonly #policy: EdgePolicy;
  readonly #outbox: EdgeOutbox;
  readonly #connections: Connections;
  readonly #delivery: EdgeDelivery;
  readonly #view: ClusterView;
  readonly #timeouts: Timeouts;

  constructor(
    policy: EdgePolicy,
    outbox: EdgeOutbox,
    connections: Connections,
    delivery: EdgeDelivery,
    view: ClusterView,
    timeouts: Timeouts,
  ) {
    this.#policy = policy;
    this.#outbox = outbox;
    this.#connections = connections;
    this.#delivery = delivery;
    this.#view = view;
    this.#timeouts = timeouts;
  }

  /**
   * The node is gone or drains. `homeOf` says where a room lives from now on. What a node that drains had said before it heard of its
   * members' going is still under way, and was acknowledged: they leave the room when they resume.
   */
  nodeLost(
    lost: NodeRecord,
    homeOf: (roomId: string, expectedSize: number) => NodeRecord | undefined,
    nowMs: number,
  ): void {
    const isAlive = lost.state === "draining";
    this.#finishParting(lost);
    const rooms = this.#delivery.roomsOf(lost.index).filter((room) => room !== undefined);
    const declared = new Map<NodeRecord, OrphanRoom[]>();
    let members = 0;
    for (const room of rooms) members += room.members.length;
    const windowMs = this.#slotWindowMs(lost, members);
    const lastSlotMs = DECLARED_WITHIN_MS + windowMs;
    for (const [r, room] of rooms.entries()) {
      const orphans = this.#orphansOf(room, lost, lastSlotMs);
      const home = homeOf(room.roomId, orphans.expectedSize);
      if (home !== undefined) {
        const batch = declared.get(home);
        if (batch === undefined) declared.set(home, [orphans]);
        else batch.push(orphans);
      }
      const size = room.members.length;
      const phase = (0.5 + r * GOLDEN) % 1;
      for (const [i, connection] of [...room.members].entries()) {
        const reconnectAfterMs = DECLARED_WITHIN_MS + (windowMs * (i + phase)) / size;
        if (isAlive) this.#part(connection);
        else this.#cutLoose(connection);
        this.#tell(connection, reconnectAfterMs, lastSlotMs, nowMs);
      }
    }
    if (!isAlive) this.#delivery.forgetNode(lost.index);
    for (const [home, batch] of declared) this.#outbox.declareOrphans(home.index, batch);
  }

  /**
   * How long the resumes of all that the node had must take, ms. Where no other node is within reach it is more likely that this edge was cut
   * off, or stopped, than that all died at once: what is out of reach counts, and is asked when it is back.
   */
  #slotWindowMs(lost: NodeRecord, membersHere: number): number {
    const others = this.#view.admitPerSecOfOthers(lost) || this.#view.admitPerSecOutOfReach;
    const admitPerSec = others * this.#policy.resumeRatio;
    if (admitPerSec <= 0) return this.#policy.spreadMaxMs;
    const sessions = Math.max(lost.activeConnections, membersHere);
    const windowMs = (1000 * sessions) / (admitPerSec * this.#policy.slotFillRatio);
    return Math.min(windowMs, this.#policy.spreadMaxMs);
  }

  #orphansOf(room: EdgeRoom, lost: NodeRecord, expectedWithinMs: number): OrphanRoom {
    const participants: ParticipantBody[] = [];
    const sessionIds: string[] = [];
    for (const connection of room.members) {
      const at = slotOf(connection);
      const participant = this.#connections.participant[at];
      if (participant === undefined) continue;
      participants.push(participant);
      sessionIds.push(this.#connections.sessionId[at]!);
    }
    return {
      roomId: room.roomId,
      expectedSize: room.expectedSize,
      lostNodeId: lost.nodeId,
      participants,
      sessionIds,
      expectedWithinMs,
    };
  }

  /** A node that drains must not take those for connected who are told to go. */
  #part(connection: number): void {
    const at = slotOf(connection);
    const { state, node, session, attachment } = this.#connections;
    this.#outbox.detach(node[at]!, session[at]!, attachment[at]!, false);
    state[at] = ConnectionState.parting;
  }

  /** Those whom this node's drain told to go, and who have not gone yet, have their slots. */
  #finishParting(lost: NodeRecord): void {
    for (const room of this.#delivery.roomsOf(lost.index)) {
      for (const connection of [...(room?.members ?? [])]) this.departed(connection);
    }
  }

  /** It resumes, or its node has nothing more to say: it is in no room. Nothing for one that is not parting. */
  departed(connection: number): void {
    if (this.#connections.state[slotOf(connection)] !== ConnectionState.parting) return;
    const room = this.#connections.room[slotOf(connection)];
    this.#cutLoose(connection);
    if (room !== undefined && room.members.length === 0) this.#delivery.forgetRoom(room);
  }

  #cutLoose(connection: number): void {
    const c = this.#connections;
    const at = slotOf(connection);
    c.leaveRoom(connection);
    c.state[at] = ConnectionState.orphaned;
    c.node[at] = -1;
    c.session[at] = -1;
  }

  #tell(connection: number, reconnectAfterMs: number, deadlineMs: number, nowMs: number): void {
    this.#timeouts.orphaned(connection, nowMs);
    const at = slotOf(connection);
    this.#connections.openUntilMs[at] = nowMs + reconnectAfterMs + this.#policy.resumeWindowMs;
    const body: DrainBody = { deadlineMs, reconnectAfterMs };
    const bytes = serverFrameBytes(Kind.drain, body);
    const drain = new Message(Kind.drain, 0, "", "", 0, bytes, "", body);
    this.#delivery.deliver(connection, drain, 0, nowMs);
  }
}
