// A node on the test bench: its facts in short, its orders as values.

import { beatOf, joinOf, nodePolicy } from "../fixtures.ts";
import { Kind, Message } from "../protocol/message.ts";
import type { AttachGrant, AttachRequest, Refusal, ResumeClaims } from "../trunk.ts";
import { attachmentOf } from "../trunk.ts";
import type { NodePolicy } from "./node-context.ts";
import { RecordingNodeOutbox, type NodeOrder } from "./recording-outbox.ts";
import { SignalingNode } from "./signaling-node.ts";

/** "to edge 0: participant-joined" in a form that is easy to compare. */
export interface Told {
  readonly edge: number;
  /** Connection, -1 for everybody of the room on that edge. */
  readonly to: number;
  readonly except: number;
  readonly kind: Kind;
  readonly body: unknown;
  readonly re: number;
  readonly s: number;
}

export class NodeBench {
  readonly outbox = new RecordingNodeOutbox();
  readonly core: SignalingNode;
  #connections = 100;
  #nowMs = 0;

  constructor(differing: Partial<NodePolicy> = {}) {
    this.core = new SignalingNode(nodePolicy(differing), this.outbox);
    this.core.deadlinePassed(0); // Its own first beat.
    this.outbox.take();
  }

  /** Another node, as its beat says. */
  meet(nodeId: string, differing: Parameters<typeof beatOf>[1] = {}, nowMs = 0): void {
    this.core.heard({ type: "beat", beat: beatOf(nodeId, differing) }, nowMs);
  }

  /** Asks to be let in; the answer is the last that the node gave. */
  ask(
    participantId: string,
    differing: Partial<AttachRequest> = {},
    edge = 0,
    nowMs = 0,
  ): { grant: AttachGrant | undefined; refusal: Refusal | undefined; connection: number } {
    const connection = this.#connections++;
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    this.core.attachAsked(edge, connection, joinOf(participantId, differing), nowMs);
    const orders = this.outbox.take();
    const attached = orders.find((order) => order.order === "attached");
    const refused = orders.find((order) => order.order === "refused");
    this.setAside.push(...orders);
    return { grant: attached?.grant, refusal: refused?.refusal, connection };
  }

  /** Orders that came while something was asked. */
  readonly setAside: NodeOrder[] = [];

  join(participantId: string, differing: Partial<AttachRequest> = {}, edge = 0, nowMs = 0) {
    const { grant, connection } = this.ask(participantId, differing, edge, nowMs);
    if (grant === undefined) throw new Error(`${participantId} was not let in`);
    this.serve(nowMs);
    return { grant, connection, session: grant.session, edge };
  }

  resume(
    grant: AttachGrant,
    last: number,
    edge = 0,
    nowMs = 0,
    claims: Partial<ResumeClaims> = {},
  ) {
    const own = this.core.beatNow();
    const resume: ResumeClaims = {
      sessionId: grant.sessionId,
      roomId: grant.roomId,
      participantId: grant.participant.id,
      name: grant.participant.name,
      nodeId: own.nodeId,
      incarnation: own.incarnation,
      session: grant.session,
      rotation: grant.rotation,
      expectedSize: grant.expectedSize,
      validUntilMs: Infinity,
      ...claims,
    };
    return this.ask(resume.participantId, { resume, last }, edge, nowMs);
  }

  detach(who: { grant: AttachGrant; edge: number }, isFinal: boolean, nowMs = 0): void {
    const { session, rotation } = who.grant;
    this.core.detached(session, who.edge, attachmentOf(rotation), isFinal, nowMs);
  }

  say(
    session: number,
    kind: Kind,
    id: number,
    to = "",
    body: object = {},
    nowMs = 0,
    key = "",
  ): void {
    this.core.relayed(session, new Message(kind, id, "", to, 1, 100, key, body), nowMs);
  }

  /** Lets time pass, deadline by deadline. */
  serve(nowMs = 0): void {
    for (;;) {
      const dueMs = this.core.nextDeadlineMs();
      if (dueMs > nowMs) break;
      this.#nowMs = Math.max(this.#nowMs, dueMs);
      this.core.deadlinePassed(this.#nowMs);
    }
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  /** What was told to edges since this was asked last, what was set aside included. */
  told(): Told[] {
    const orders = [...this.setAside.splice(0), ...this.outbox.take()];
    return orders.flatMap((order) => {
      if (order.order !== "deliver" && order.order !== "multicast") return [];
      const { kind, body, id } = order.message;
      const to = order.order === "deliver" ? order.connection : -1;
      const except = order.order === "multicast" ? order.except : -1;
      const s = order.order === "deliver" ? order.s : 0;
      return [{ edge: order.edge, to, except, kind, body, re: id, s }];
    });
  }

  /** All orders since they were asked for last. */
  orders(): NodeOrder[] {
    return [...this.setAside.splice(0), ...this.outbox.take()];
  }
}
