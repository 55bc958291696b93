// A node that writes down what it is told.
//
// Every public method of core's node that changes something stands here once; see recorded-edge.ts.

import type { NodePolicy } from "../../core/node/node-context.ts";
import type { NodeOutbox } from "../../core/node/node-outbox.ts";
import { SignalingNode } from "../../core/node/signaling-node.ts";
import type { SfuBody } from "../../core/protocol/bodies.ts";
import type { Message } from "../../core/protocol/message.ts";
import type { AttachRequest, BusMessage, OrphanRoom } from "../../core/trunk.ts";
import { FoldedNodeOutbox } from "./folded-outboxes.ts";
import type { Tape } from "./tape.ts";

export class RecordedNode extends SignalingNode {
  readonly #tape: Tape;

  constructor(policy: NodePolicy, outbox: NodeOutbox, tape: Tape) {
    super(policy, new FoldedNodeOutbox(outbox, tape.digest));
    this.#tape = tape;
  }

  override attachAsked(
    edge: number,
    connection: number,
    request: AttachRequest,
    nowMs: number,
  ): void {
    return this.#tape.fact("attachAsked", [edge, connection, request, nowMs], () =>
      super.attachAsked(edge, connection, request, nowMs),
    );
  }

  override relayed(session: number, message: Message, nowMs: number): void {
    return this.#tape.fact("relayed", [session, message, nowMs], () =>
      super.relayed(session, message, nowMs),
    );
  }

  override acknowledged(session: number, s: number): void {
    return this.#tape.fact("acknowledged", [session, s], () => super.acknowledged(session, s));
  }

  override detached(
    session: number,
    edge: number,
    attachment: number,
    isFinal: boolean,
    nowMs: number,
  ): void {
    return this.#tape.fact("detached", [session, edge, attachment, isFinal, nowMs], () =>
      super.detached(session, edge, attachment, isFinal, nowMs),
    );
  }

  override edgeLost(edge: number, nowMs: number): void {
    return this.#tape.fact("edgeLost", [edge, nowMs], () => super.edgeLost(edge, nowMs));
  }

  override trunkBuffered(edge: number, bytes: number, nowMs: number): void {
    return this.#tape.fact("trunkBuffered", [edge, bytes, nowMs], () =>
      super.trunkBuffered(edge, bytes, nowMs),
    );
  }

  override orphansDeclared(rooms: readonly OrphanRoom[], nowMs: number): void {
    return this.#tape.fact("orphansDeclared", [rooms, nowMs], () =>
      super.orphansDeclared(rooms, nowMs),
    );
  }

  override sfuAllocated(room: number, sfu: SfuBody): void {
    return this.#tape.fact("sfuAllocated", [room, sfu], () => super.sfuAllocated(room, sfu));
  }

  override sfuAnswered(session: number, message: Message): void {
    return this.#tape.fact("sfuAnswered", [session, message], () =>
      super.sfuAnswered(session, message),
    );
  }

  override heard(message: BusMessage, nowMs: number): void {
    return this.#tape.fact("heard", [message, nowMs], () => super.heard(message, nowMs));
  }

  override busLost(nowMs: number): void {
    return this.#tape.fact("busLost", [nowMs], () => super.busLost(nowMs));
  }

  override busRestored(nowMs: number): void {
    return this.#tape.fact("busRestored", [nowMs], () => super.busRestored(nowMs));
  }

  override drainAsked(nowMs: number): void {
    return this.#tape.fact("drainAsked", [nowMs], () => super.drainAsked(nowMs));
  }

  override drainCancelled(nowMs: number): void {
    return this.#tape.fact("drainCancelled", [nowMs], () => super.drainCancelled(nowMs));
  }

  override leaveAsked(nowMs: number): void {
    return this.#tape.fact("leaveAsked", [nowMs], () => super.leaveAsked(nowMs));
  }

  override kickAsked(roomId: string, participantId: string, nowMs: number): boolean {
    return this.#tape.fact("kickAsked", [roomId, participantId, nowMs], () =>
      super.kickAsked(roomId, participantId, nowMs),
    );
  }

  override deadlinePassed(nowMs: number): void {
    return this.#tape.fact("deadlinePassed", [nowMs], () => super.deadlinePassed(nowMs));
  }
}
