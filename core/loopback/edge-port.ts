// An edge of the loopback: its orders travel to nodes and to clients' sockets.

import { assert } from "../assert.ts";
import { EdgeGateway } from "../edge/edge-gateway.ts";
import type { EdgeOutbox } from "../edge/edge-outbox.ts";
import { edgePolicy } from "../fixtures.ts";
import type { CloseCode } from "../protocol/limits.ts";
import type { Message } from "../protocol/message.ts";
import type { BusMessage, ResumeClaims } from "../trunk.ts";
import type { Loopback } from "./loopback.ts";
import type { NodePort } from "./node-port.ts";

export class EdgePort implements EdgeOutbox {
  readonly at: number;
  readonly name: string;
  readonly core: EdgeGateway;
  /** By connection: every socket that is open on this side. */
  readonly clientOf = new Map<number, number>();
  /** Sockets with a session that this edge was given and has not given back, by "node/session". */
  readonly granted = new Map<string, number>();
  readonly #net: Loopback;
  #accepting = -1;

  constructor(net: Loopback, at: number, incarnation: number) {
    this.#net = net;
    this.at = at;
    this.name = `e${at}`;
    this.core = new EdgeGateway(
      edgePolicy({ ...net.options.edge, edgeId: this.name, incarnation }),
      this,
    );
  }

  accept(client: number): number {
    this.#accepting = client;
    const connection = this.core.opened(this.#net.nowMs);
    this.#accepting = -1;
    return connection;
  }

  #toNode(node: number, happen: (port: NodePort) => void): void {
    const record = this.core.view.records[node];
    const port = this.#net.nodes.find((other) => other?.name === record?.nodeId);
    if (port === undefined) return;
    this.#net.after(
      `${this.name} ${port.name}`,
      () => {
        if (this.#net.isUp(this)) happen(port);
      },
      port,
    );
  }

  #hasSession(node: number, session: number): void {
    const record = this.core.view.records[node];
    if (record?.state === "gone") return; // It died in this very moment.
    const sockets = this.granted.get(`${node}/${session}`) ?? 0;
    assert(sockets > 0, "orders name sessions that were given", session);
  }

  counted(node: number, session: number, change: number): void {
    const key = `${node}/${session}`;
    this.granted.set(key, (this.granted.get(key) ?? 0) + change);
  }

  verifyToken(connection: number, token: string): void {
    const roomId = token.slice(token.indexOf("@") + 1);
    const participantId = token.slice(0, token.indexOf("@"));
    const claims = { participantId, roomId, expectedSize: 3, roomMax: Infinity };
    this.#net.at(this.#net.nowMs, () => {
      if (this.#net.isUp(this)) this.core.tokenVerified(connection, claims, this.#net.nowMs);
    });
  }

  verifyResume(connection: number, token: string): void {
    const claims = JSON.parse(token) as ResumeClaims;
    this.#net.at(this.#net.nowMs, () => {
      if (this.#net.isUp(this)) this.core.resumeVerified(connection, claims, this.#net.nowMs);
    });
  }

  sealResume(claims: ResumeClaims): string {
    return JSON.stringify(claims);
  }

  write(connection: number, message: Message, s: number): void {
    if (this.#accepting >= 0) this.clientOf.set(connection, this.#accepting);
    const client = this.clientOf.get(connection);
    assert(client !== undefined, "what is written goes to an open socket", connection);
    this.#net.clients.fromEdge(client, this, connection, (core) =>
      core.received(client, message, s, this.#net.nowMs, this.#net.options.draw()),
    );
  }

  close(connection: number, code: CloseCode): void {
    const client = this.clientOf.get(connection);
    assert(client !== undefined, "what is closed was open", connection);
    this.clientOf.delete(connection);
    this.#net.clients.fromEdge(client, this, connection, () =>
      this.#net.clients.closed(client, code),
    );
  }

  attach: EdgeOutbox["attach"] = (node, connection, request) => {
    assert(this.clientOf.has(connection), "only an open socket is let in", connection);
    this.#toNode(node, (port) =>
      port.core.attachAsked(this.at, connection, request, this.#net.nowMs),
    );
  };

  relay: EdgeOutbox["relay"] = (node, session, message) => {
    this.#hasSession(node, session);
    this.#toNode(node, (port) => port.core.relayed(session, message, this.#net.nowMs));
  };

  acknowledge: EdgeOutbox["acknowledge"] = (node, session, s) => {
    this.#hasSession(node, session);
    this.#toNode(node, (port) => port.core.acknowledged(session, s));
  };

  detach: EdgeOutbox["detach"] = (node, session, attachment, isFinal) => {
    this.#hasSession(node, session);
    this.counted(node, session, -1);
    this.#toNode(node, (port) =>
      port.core.detached(session, this.at, attachment, isFinal, this.#net.nowMs),
    );
  };

  declareOrphans: EdgeOutbox["declareOrphans"] = (node, rooms) => {
    this.#toNode(node, (port) => port.core.orphansDeclared(rooms, this.#net.nowMs));
  };

  dropTrunk: EdgeOutbox["dropTrunk"] = (node) => {
    const record = this.core.view.records[node];
    const port = this.#net.nodes.find((other) => other?.name === record?.nodeId);
    if (port !== undefined) this.#net.trunkDropped(this, port);
  };

  iceFor(): undefined {
    return undefined;
  }

  publish(subject: string, message: BusMessage): void {
    this.#net.publish(this.name, subject, message);
  }
}
