// Who gets in: a room's home assigns, its host admits.
//
// Nothing is changed here but the home's memory of what it assigned: a joiner that is let in still has to pass the
// admission, and is asked about again when its turn comes.

import type { NodeRecord } from "../cluster-view.ts";
import type { AttachRequest, OrphanRoom, Refusal, RefusalReason } from "../trunk.ts";
import type { NodeContext } from "./node-context.ts";
import type { Room } from "./room.ts";
import type { Span } from "./span.ts";
import { TurnedAway } from "./turned-away.ts";

export class Entrance {
  readonly #node: NodeContext;
  readonly #span: Span;
  readonly #meanReturnMs: (nowMs: number) => number;
  /** Refused for want of room, and not yet due back. */
  readonly turnedAway = new TurnedAway();
  /** Rooms assigned past their first choice, and refusals of joiners of live rooms. */
  spilled = 0;
  refusedLive = 0;

  /** `meanReturnMs`: how long those whom nobody takes stay away on average, ms. */
  constructor(node: NodeContext, span: Span, meanReturnMs: (nowMs: number) => number) {
    this.#node = node;
    this.#span = span;
    this.#meanReturnMs = meanReturnMs;
  }

  /** Why this joiner is not let in here, and where to go; undefined when it may. */
  whyNot(request: AttachRequest, nowMs: number): Refusal | undefined {
    const refusal = this.#refusalOf(request, nowMs);
    if (refusal !== undefined && this.#isTurnedAway(refusal, request)) {
      this.turnedAway.add(this.#meanReturnMs(nowMs), nowMs);
    }
    return refusal;
  }

  /**
   * Whether to count this refusal, once per attempt. With a directory the home has the last word, and a full host's is not
   * the last; without one the edge tries others, and nobody knows the last, so the first counts.
   */
  #isTurnedAway({ reason }: Refusal, { refusedBy }: AttachRequest): boolean {
    if (this.#node.policy.placement.usesDirectory) return reason === "no-capacity";
    return reason === "full" && refusedBy.length === 0;
  }

  #refusalOf(request: AttachRequest, nowMs: number): Refusal | undefined {
    const node = this.#node;
    const room = node.roomOf(request.roomId);
    const isServing = node.state === "serving";
    if (!isServing && request.as !== "home") return refuse("not-serving"); // What drains moves.
    if (isServing && room !== undefined && this.#hasPlace(room, request)) {
      return this.#isRoomFull(room, request) ? refuse("room_full") : undefined;
    }
    if (isServing && room !== undefined) this.refusedLive++;
    if (request.as === "home") return this.#asHome(request, nowMs);
    if (room !== undefined) return refuse("full");
    if (request.as === "previous") return refuse("not-here");
    if (request.resume?.nodeId === node.policy.nodeId) return undefined; // Answered by the session itself.
    return node.load < node.policy.maxConnections ? undefined : refuse("full");
  }

  /** A live room may use every connection; a session that this node still holds has its place. */
  #hasPlace(room: Room, request: AttachRequest): boolean {
    const { load, policy } = this.#node;
    return load < policy.maxConnections || room.members.has(request.participantId);
  }

  #isRoomFull(room: Room, request: AttachRequest): boolean {
    const { participantId, roomMax } = request;
    if (room.members.has(participantId) || room.isElsewhere(participantId)) return false;
    return room.population >= Math.min(room.roomMax, roomMax);
  }

  /** The home decides for the whole cluster which node hosts the room. */
  #asHome(request: AttachRequest, nowMs: number): Refusal | undefined {
    const self = this.#self();
    if (self === undefined) return refuse("not-serving");
    const { roomId, expectedSize, region, refusedBy } = request;
    const verdict = this.#span.directory.assign(
      { roomId, expectedSize, region, refusedBy, nowMs },
      this.#node.view,
      self,
    );
    if (verdict.as === "none") return refuse("no-capacity");
    if (verdict.as !== "host" && verdict.outrankedBy > 0) this.spilled++;
    if (verdict.as === "elsewhere") return refuse("not-here");
    if (verdict.node !== self) {
      return {
        reason: "moved",
        nextNodeId: verdict.node.nodeId,
        nextAs: verdict.as === "ask" ? "previous" : "host",
        retryAfterMs: 0,
      };
    }
    return this.#node.load < this.#node.policy.maxConnections ? undefined : refuse("full");
  }

  /** The node that is to host a room whose host died; undefined when nobody can. */
  hostForOrphans(orphans: OrphanRoom, nowMs: number): string | undefined {
    const { policy, view } = this.#node;
    if (this.#node.roomOf(orphans.roomId) !== undefined) return policy.nodeId;
    const self = this.#self();
    if (self === undefined) return undefined;
    if (!policy.placement.usesDirectory) return policy.nodeId;
    const verdict = this.#span.directory.assign(
      {
        roomId: orphans.roomId,
        expectedSize: Math.max(orphans.expectedSize, orphans.participants.length),
        region: policy.region,
        refusedBy: [orphans.lostNodeId],
        nowMs,
        isOrphan: true,
      },
      view,
      self,
    );
    // The edge has seen the death before us: where the home would be the dead node, it is this one.
    if (verdict.node?.nodeId === orphans.lostNodeId) return policy.nodeId;
    return verdict.node?.nodeId;
  }

  #self(): NodeRecord | undefined {
    return this.#node.view.node(this.#node.policy.nodeId);
  }
}

export function refuse(reason: RefusalReason): Refusal {
  return { reason, nextNodeId: undefined, nextAs: "host", retryAfterMs: 0 };
}
