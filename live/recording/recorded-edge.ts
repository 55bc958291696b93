// An edge that writes down what it is told.
//
// Every public method of core's edge that changes something stands here once; a test compares the two classes, so that core cannot gain
// a fact that recordings lose.

import type { DoorVerdict } from "../../core/edge/door.ts";
import { EdgeGateway } from "../../core/edge/edge-gateway.ts";
import type { EdgeOutbox } from "../../core/edge/edge-outbox.ts";
import type { EdgePolicy } from "../../core/edge/edge-policy.ts";
import type { FrameError } from "../../core/protocol/frame-error.ts";
import type { CloseCode } from "../../core/protocol/limits.ts";
import type { Message } from "../../core/protocol/message.ts";
import type {
  AttachGrant,
  BusMessage,
  JoinClaims,
  Refusal,
  ResumeClaims,
} from "../../core/trunk.ts";
import { FoldedEdgeOutbox } from "./folded-outboxes.ts";
import type { Tape } from "./tape.ts";

export class RecordedEdge extends EdgeGateway {
  readonly #tape: Tape;

  constructor(policy: EdgePolicy, outbox: EdgeOutbox, tape: Tape) {
    super(policy, new FoldedEdgeOutbox(outbox, tape.digest));
    this.#tape = tape;
  }

  override knocked(address: string, nowMs: number): DoorVerdict {
    return this.#tape.fact("knocked", [address, nowMs], () => super.knocked(address, nowMs));
  }

  override opened(nowMs: number, address = ""): number {
    return this.#tape.fact("opened", [nowMs, address], () => super.opened(nowMs, address));
  }

  override openedBusy(nowMs: number): number {
    return this.#tape.fact("openedBusy", [nowMs], () => super.openedBusy(nowMs));
  }

  override received(connection: number, message: Message, nowMs: number): void {
    return this.#tape.fact("received", [connection, message, nowMs], () =>
      super.received(connection, message, nowMs),
    );
  }

  override frameRejected(connection: number, error: FrameError, nowMs: number): void {
    return this.#tape.fact("frameRejected", [connection, error, nowMs], () =>
      super.frameRejected(connection, error, nowMs),
    );
  }

  override closed(connection: number): void {
    return this.#tape.fact("closed", [connection], () => super.closed(connection));
  }

  override buffered(connection: number, bytes: number, nowMs: number): void {
    return this.#tape.fact("buffered", [connection, bytes, nowMs], () =>
      super.buffered(connection, bytes, nowMs),
    );
  }

  override tokenVerified(connection: number, claims: JoinClaims, nowMs: number): void {
    return this.#tape.fact("tokenVerified", [connection, claims, nowMs], () =>
      super.tokenVerified(connection, claims, nowMs),
    );
  }

  override tokenRejected(connection: number, code: CloseCode): void {
    return this.#tape.fact("tokenRejected", [connection, code], () =>
      super.tokenRejected(connection, code),
    );
  }

  override resumeVerified(connection: number, claims: ResumeClaims, nowMs: number): void {
    return this.#tape.fact("resumeVerified", [connection, claims, nowMs], () =>
      super.resumeVerified(connection, claims, nowMs),
    );
  }

  override attached(node: number, connection: number, grant: AttachGrant, nowMs: number): void {
    return this.#tape.fact("attached", [node, connection, grant, nowMs], () =>
      super.attached(node, connection, grant, nowMs),
    );
  }

  override refused(node: number, connection: number, refusal: Refusal, nowMs: number): void {
    return this.#tape.fact("refused", [node, connection, refusal, nowMs], () =>
      super.refused(node, connection, refusal, nowMs),
    );
  }

  override multicast(
    node: number,
    room: number,
    except: number,
    message: Message,
    nowMs: number,
  ): number {
    return this.#tape.fact("multicast", [node, room, except, message, nowMs], () =>
      super.multicast(node, room, except, message, nowMs),
    );
  }

  override delivered(
    node: number,
    connection: number,
    session: number,
    message: Message,
    s: number,
    nowMs: number,
  ): void {
    return this.#tape.fact("delivered", [node, connection, session, message, s, nowMs], () =>
      super.delivered(node, connection, session, message, s, nowMs),
    );
  }

  override closeAsked(node: number, connection: number, session: number, code: CloseCode): void {
    return this.#tape.fact("closeAsked", [node, connection, session, code], () =>
      super.closeAsked(node, connection, session, code),
    );
  }

  override trunkOpened(nodeId: string, life: number, nowMs: number): void {
    return this.#tape.fact("trunkOpened", [nodeId, life, nowMs], () =>
      super.trunkOpened(nodeId, life, nowMs),
    );
  }

  override trunkLost(nodeId: string, nowMs: number, life?: number): void {
    return this.#tape.fact("trunkLost", [nodeId, nowMs, life], () =>
      super.trunkLost(nodeId, nowMs, life),
    );
  }

  override trunkBuffered(node: number, bytes: number, nowMs: number): void {
    return this.#tape.fact("trunkBuffered", [node, bytes, nowMs], () =>
      super.trunkBuffered(node, bytes, nowMs),
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

  override drainAsked(nowMs: number, withinMs: number): void {
    return this.#tape.fact("drainAsked", [nowMs, withinMs], () =>
      super.drainAsked(nowMs, withinMs),
    );
  }

  override drainCancelled(nowMs: number): void {
    return this.#tape.fact("drainCancelled", [nowMs], () => super.drainCancelled(nowMs));
  }

  override deadlinePassed(nowMs: number): void {
    return this.#tape.fact("deadlinePassed", [nowMs], () => super.deadlinePassed(nowMs));
  }
}
