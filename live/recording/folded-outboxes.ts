// The outboxes between core and its driver: each order is folded into the digest, then passed on.
//
// What core takes from its outbox at once (a sealed token, ICE servers) is an input: it is noted, without its secret, and given
// back when the fact is told again.

import type { EdgeOutbox } from "../../core/edge/edge-outbox.ts";
import type { NodeOutbox } from "../../core/node/node-outbox.ts";
import type { IceBody } from "../../core/protocol/bodies.ts";
import type { CloseCode } from "../../core/protocol/limits.ts";
import type { Message } from "../../core/protocol/message.ts";
import type {
  AttachGrant,
  AttachRequest,
  BusMessage,
  OrphanRoom,
  Refusal,
  ResumeClaims,
} from "../../core/trunk.ts";
import { maskedGrant } from "./fact-forms.ts";
import type { OrderDigest } from "./order-digest.ts";
import { masked, maskedIce } from "./secrets.ts";

export class FoldedEdgeOutbox implements EdgeOutbox {
  readonly #outbox: EdgeOutbox;
  readonly #digest: OrderDigest;

  constructor(outbox: EdgeOutbox, digest: OrderDigest) {
    this.#outbox = outbox;
    this.#digest = digest;
  }

  verifyToken(connection: number, token: string): void {
    if (this.#digest.isOn) this.#digest.order("verifyToken", connection);
    this.#outbox.verifyToken(connection, token);
  }

  verifyResume(connection: number, token: string): void {
    if (this.#digest.isOn) this.#digest.order("verifyResume", connection);
    this.#outbox.verifyResume(connection, token);
  }

  write(connection: number, message: Message, s: number): void {
    if (this.#digest.isOn) {
      this.#digest.order("write", connection, s);
      this.#digest.message(message);
    }
    this.#outbox.write(connection, message, s);
  }

  close(connection: number, code: CloseCode): void {
    if (this.#digest.isOn) this.#digest.order("close", connection, code);
    this.#outbox.close(connection, code);
  }

  attach(node: number, connection: number, request: AttachRequest): void {
    if (this.#digest.isOn) {
      this.#digest.order("attach", node, connection);
      this.#digest.json(request);
    }
    this.#outbox.attach(node, connection, request);
  }

  relay(node: number, session: number, message: Message): void {
    if (this.#digest.isOn) {
      this.#digest.order("relay", node, session);
      this.#digest.upward(message);
    }
    this.#outbox.relay(node, session, message);
  }

  acknowledge(node: number, session: number, s: number): void {
    if (this.#digest.isOn) this.#digest.order("acknowledge", node, session, s);
    this.#outbox.acknowledge(node, session, s);
  }

  detach(node: number, session: number, attachment: number, isFinal: boolean): void {
    if (this.#digest.isOn) {
      this.#digest.order("detach", node, session, attachment, isFinal ? 1 : 0);
    }
    this.#outbox.detach(node, session, attachment, isFinal);
  }

  declareOrphans(node: number, rooms: readonly OrphanRoom[]): void {
    if (this.#digest.isOn) {
      this.#digest.order("declareOrphans", node);
      this.#digest.json(rooms);
    }
    this.#outbox.declareOrphans(node, rooms);
  }

  publish(subject: string, message: BusMessage): void {
    if (this.#digest.isOn) this.#digest.published(subject, message);
    this.#outbox.publish(subject, message);
  }

  dropTrunk(node: number): void {
    if (this.#digest.isOn) this.#digest.order("dropTrunk", node);
    this.#outbox.dropTrunk(node);
  }

  iceFor(participantId: string): IceBody | undefined {
    const ice = this.#outbox.iceFor(participantId);
    if (this.#digest.isOn) {
      this.#digest.order("iceFor");
      this.#digest.text(participantId);
      this.#digest.answers.push(ice === undefined ? null : JSON.stringify(maskedIce(ice)));
    }
    return ice;
  }

  sealResume(claims: ResumeClaims): string {
    const token = this.#outbox.sealResume(claims);
    if (this.#digest.isOn) {
      this.#digest.order("sealResume");
      this.#digest.json(claims);
      this.#digest.answers.push(masked(token));
    }
    return token;
  }
}

export class FoldedNodeOutbox implements NodeOutbox {
  readonly #outbox: NodeOutbox;
  readonly #digest: OrderDigest;

  constructor(outbox: NodeOutbox, digest: OrderDigest) {
    this.#outbox = outbox;
    this.#digest = digest;
  }

  attached(edge: number, connection: number, grant: AttachGrant): void {
    if (this.#digest.isOn) {
      this.#digest.order("attached", edge, connection);
      this.#digest.json(maskedGrant(grant));
    }
    this.#outbox.attached(edge, connection, grant);
  }

  refused(edge: number, connection: number, refusal: Refusal): void {
    if (this.#digest.isOn) {
      this.#digest.order("refused", edge, connection);
      this.#digest.json(refusal);
    }
    this.#outbox.refused(edge, connection, refusal);
  }

  multicast(edge: number, room: number, except: number, message: Message): void {
    if (this.#digest.isOn) {
      this.#digest.order("multicast", edge, room, except);
      this.#digest.message(message);
    }
    this.#outbox.multicast(edge, room, except, message);
  }

  deliver(edge: number, connection: number, session: number, message: Message, s: number): void {
    if (this.#digest.isOn) {
      this.#digest.order("deliver", edge, connection, session, s);
      this.#digest.message(message);
    }
    this.#outbox.deliver(edge, connection, session, message, s);
  }

  close(edge: number, connection: number, session: number, code: CloseCode): void {
    if (this.#digest.isOn) this.#digest.order("close", edge, connection, session, code);
    this.#outbox.close(edge, connection, session, code);
  }

  publish(subject: string, message: BusMessage): void {
    if (this.#digest.isOn) this.#digest.published(subject, message);
    this.#outbox.publish(subject, message);
  }

  dropTrunk(edge: number): void {
    if (this.#digest.isOn) this.#digest.order("dropTrunk", edge);
    this.#outbox.dropTrunk(edge);
  }

  stepDown(): void {
    if (this.#digest.isOn) this.#digest.order("stepDown");
    this.#outbox.stepDown();
  }

  allocateSfu(room: number, roomId: string): void {
    if (this.#digest.isOn) {
      this.#digest.order("allocateSfu", room);
      this.#digest.text(roomId);
    }
    this.#outbox.allocateSfu(room, roomId);
  }

  toSfu(room: number, session: number, message: Message): void {
    if (this.#digest.isOn) {
      this.#digest.order("toSfu", room, session);
      this.#digest.upward(message);
    }
    this.#outbox.toSfu(room, session, message);
  }
}
