// An edge on the test bench: its facts in short, its orders as values.

import { beatOf, edgePolicy } from "../fixtures.ts";
import { Kind, Message } from "../protocol/message.ts";
import type { AttachGrant, JoinClaims, ResumeClaims } from "../trunk.ts";
import { EdgeGateway } from "./edge-gateway.ts";
import type { EdgePolicy } from "./edge-policy.ts";
import { RecordingEdgeOutbox, type EdgeOrder } from "./recording-outbox.ts";

export class EdgeBench {
  readonly outbox = new RecordingEdgeOutbox();
  readonly core: EdgeGateway;
  #sessions = 0;

  constructor(differing: Partial<EdgePolicy> = {}, nodeIds: readonly string[] = ["n0", "n1"]) {
    this.core = new EdgeGateway(edgePolicy(differing), this.outbox);
    for (const nodeId of nodeIds) this.meet(nodeId);
    this.core.deadlinePassed(0); // Its own first beat.
    this.outbox.take();
  }

  meet(nodeId: string, differing: Parameters<typeof beatOf>[1] = {}, nowMs = 0): void {
    this.core.heard({ type: "beat", beat: beatOf(nodeId, differing) }, nowMs);
  }

  send(connection: number, kind: Kind, id = 0, body: object = {}, nowMs = 0, n = 0): void {
    this.core.received(connection, new Message(kind, id, "", "", n, 100, "", body), nowMs);
  }

  /** A socket that asked to join, with its token verified. */
  asked(
    participantId: string,
    nowMs = 0,
    claims: Partial<JoinClaims> = {},
    roomId = "standup",
  ): number {
    const connection = this.core.opened(nowMs);
    this.askAgain(connection, participantId, nowMs, claims, roomId);
    return connection;
  }

  askAgain(
    connection: number,
    participantId: string,
    nowMs = 0,
    claims: Partial<JoinClaims> = {},
    roomId = "standup",
  ): void {
    this.send(connection, Kind.join, 0, { room: roomId, token: "t", name: participantId }, nowMs);
    const all = { participantId, roomId, expectedSize: 5, roomMax: Infinity, ...claims };
    this.core.tokenVerified(connection, all, nowMs);
  }

  resumed(connection: number, claims: Partial<ResumeClaims> = {}, last = 0, nowMs = 0): void {
    const roomId = claims.roomId ?? "standup";
    this.send(connection, Kind.resume, 0, { room: roomId, token: "t", session: "s", last }, nowMs);
    this.core.resumeVerified(
      connection,
      {
        sessionId: "n0.1.0",
        roomId,
        participantId: "alice",
        name: "alice",
        nodeId: "n0",
        incarnation: 1,
        session: 0,
        rotation: 0,
        expectedSize: 5,
        validUntilMs: Infinity,
        ...claims,
      },
      nowMs,
    );
  }

  /** The node's answer to whoever asked it. */
  granted(
    node: number,
    connection: number,
    differing: Partial<AttachGrant> = {},
    nowMs = 0,
  ): number {
    const session = differing.session ?? this.#sessions++;
    const id = `p${session}`;
    this.core.attached(
      node,
      connection,
      {
        session,
        room: 0,
        roomId: "standup",
        sessionId: `n${node}.1.${session}`,
        rotation: 0,
        participant: { id, name: id },
        mode: "joined",
        reason: undefined,
        s: 0,
        replayFrom: 0,
        participants: [],
        participantsBytes: 0,
        epoch: 1,
        media: "sfu",
        sfu: undefined,
        expectedSize: 5,
        ...differing,
      },
      nowMs,
    );
    return session;
  }

  /** A socket that is in, and its session. */
  member(differing: Partial<AttachGrant> = {}, nowMs = 0): { connection: number; session: number } {
    const connection = this.asked("x", nowMs, {}, differing.roomId);
    const session = this.granted(this.askedNode(), connection, differing, nowMs);
    return { connection, session };
  }

  /** The node that was asked last. */
  askedNode(): number {
    const asked = this.outbox.take().filter((order) => order.order === "attach");
    return asked.at(-1)?.node ?? -1;
  }

  /** Lets time pass, deadline by deadline. */
  run(untilMs: number): void {
    for (
      let dueMs = this.core.nextDeadlineMs();
      dueMs <= untilMs;
      dueMs = this.core.nextDeadlineMs()
    ) {
      this.core.deadlinePassed(dueMs);
    }
  }

  orders<Name extends EdgeOrder["order"]>(name: Name): Extract<EdgeOrder, { order: Name }>[] {
    return this.outbox
      .take()
      .filter((order): order is Extract<EdgeOrder, { order: Name }> => order.order === name);
  }
}
