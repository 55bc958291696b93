// A node of the loopback: its orders travel to edges, to the bus and to an SFU that answers every offer.

import { assert } from "../assert.ts";
import { nodePolicy } from "../fixtures.ts";
import type { NodeOutbox } from "../node/node-outbox.ts";
import { SignalingNode } from "../node/signaling-node.ts";
import { Kind, Message } from "../protocol/message.ts";
import type { BusMessage } from "../trunk.ts";
import type { EdgePort } from "./edge-port.ts";
import type { Loopback } from "./loopback.ts";

export class NodePort implements NodeOutbox {
  readonly at: number;
  readonly name: string;
  readonly incarnation: number;
  readonly core: SignalingNode;
  readonly #net: Loopback;

  constructor(net: Loopback, at: number, incarnation: number) {
    this.#net = net;
    this.at = at;
    this.incarnation = incarnation;
    this.name = `n${at}`;
    this.core = new SignalingNode(
      nodePolicy({ ...net.options.node, nodeId: this.name, incarnation }),
      this,
    );
  }

  #toEdge(edge: number, happen: (port: EdgePort, node: number) => void): void {
    const port = this.#net.edges[edge];
    if (port === undefined) return;
    const link = `${this.name} ${port.name}`;
    this.#net.after(
      link,
      () => {
        const record = port.core.view.node(this.name);
        if (record !== undefined && this.#net.isUp(this)) happen(port, record.index);
      },
      port,
    );
  }

  #hasSession(session: number): void {
    const { handles } = this.core.context.sessions;
    assert(handles.isLive(session), "orders name sessions that live", session);
  }

  attached: NodeOutbox["attached"] = (edge, connection, grant) => {
    this.#hasSession(grant.session);
    this.#toEdge(edge, (port, node) => {
      port.counted(node, grant.session, 1);
      port.core.attached(node, connection, grant, this.#net.nowMs);
    });
  };

  refused: NodeOutbox["refused"] = (edge, connection, refusal) => {
    this.#toEdge(edge, (port, node) =>
      port.core.refused(node, connection, refusal, this.#net.nowMs),
    );
  };

  multicast: NodeOutbox["multicast"] = (edge, room, except, message) => {
    assert(this.core.context.roomHandles.isLive(room), "multicasts name rooms that live", room);
    this.#toEdge(edge, (port, node) =>
      port.core.multicast(node, room, except, message, this.#net.nowMs),
    );
  };

  deliver: NodeOutbox["deliver"] = (edge, connection, session, message, s) => {
    this.#hasSession(session);
    this.#toEdge(edge, (port, node) =>
      port.core.delivered(node, connection, session, message, s, this.#net.nowMs),
    );
  };

  dropTrunk: NodeOutbox["dropTrunk"] = (edge) => {
    const port = this.#net.edges[edge];
    if (port !== undefined) this.#net.trunkDropped(port, this);
  };

  stepDown(): void {
    this.#net.stepDown(this.at);
  }

  close: NodeOutbox["close"] = (edge, connection, session, code) => {
    this.#hasSession(session);
    this.#toEdge(edge, (port, node) => {
      const wasOpen = port.clientOf.has(connection);
      port.core.closeAsked(node, connection, session, code);
      if (wasOpen && !port.clientOf.has(connection)) port.counted(node, session, -1);
    });
  };

  publish(subject: string, message: BusMessage): void {
    this.#net.publish(this.name, subject, message);
  }

  allocateSfu(room: number): void {
    const sfu = { id: "sfu-1", url: "wss://sfu.example", token: "t" };
    this.#net.after("sfu", () => this.core.sfuAllocated(room, sfu), this);
  }

  toSfu(_room: number, session: number, message: Message): void {
    if (message.kind !== Kind.offer) return;
    const answer = new Message(Kind.answer, 0, "sfu", "", message.n, 500, "", { sdp: "" });
    this.#net.after("sfu", () => this.core.sfuAnswered(session, answer), this);
  }
}
