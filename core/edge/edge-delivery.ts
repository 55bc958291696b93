// From a trunk frame to the sockets: numbering, and the queues of slow clients.
//
// The edge numbers critical messages per connection. The node counts along (room-log.ts): the trunk is ordered,
// so both counts agree, and a multicast needs one frame per edge, however many members the room has there. After a
// trunk broke, the node's grant says from which number to go on.

import { slotOf } from "../handles.ts";
import { OutboundQueue } from "../budgets/outbound-queue.ts";
import { CloseCode } from "../protocol/limits.ts";
import { DeliveryClass, Kind, Message } from "../protocol/message.ts";
import { serverFrameBytes } from "../protocol/sizes.ts";
import type { DropAccount } from "../drops.ts";
import { ConnectionState, type Connections, type EdgeRoom } from "./connections.ts";
import type { EdgeOutbox } from "./edge-outbox.ts";
import type { EdgePolicy } from "./edge-policy.ts";

export class EdgeDelivery {
  readonly #policy: EdgePolicy;
  readonly #outbox: EdgeOutbox;
  readonly #connections: Connections;
  readonly #drops: DropAccount;
  /** Closes a connection for good: the gateway's. */
  readonly #cut: (connection: number, code: CloseCode) => void;
  /** By node index, then by the slot of the room's handle. */
  readonly #rooms: (EdgeRoom | undefined)[][] = [];
  #wakeMs = Infinity;

  constructor(
    policy: EdgePolicy,
    outbox: EdgeOutbox,
    connections: Connections,
    drops: DropAccount,
    cut: (connection: number, code: CloseCode) => void,
  ) {
    this.#policy = policy;
    this.#outbox = outbox;
    this.#connections = connections;
    this.#drops = drops;
    this.#cut = cut;
  }

  roomsOf(node: number): readonly (EdgeRoom | undefined)[] {
    return this.#rooms[node] ?? [];
  }

  /** The record of a room's members here, made when the first one enters. */
  roomAt(node: number, room: number, make: () => EdgeRoom): EdgeRoom {
    const rooms = (this.#rooms[node] ??= []);
    const known = rooms[slotOf(room)];
    if (known !== undefined && known.room === room) return known;
    const made = make();
    rooms[slotOf(room)] = made;
    return made;
  }

  forgetRoom(room: EdgeRoom): void {
    const rooms = this.#rooms[room.node];
    if (rooms !== undefined && rooms[slotOf(room.room)] === room) {
      rooms[slotOf(room.room)] = undefined;
    }
  }

  forgetNode(node: number): void {
    this.#rooms[node] = [];
  }

  /** To every member of the room here but one; returns how many that was. */
  multicast(node: number, room: number, except: number, message: Message, nowMs: number): number {
    const members = this.#rooms[node]?.[slotOf(room)];
    if (members === undefined || members.room !== room) return 0; // The last one left meanwhile.
    let delivered = 0;
    const list = members.members;
    // Backwards: a client that is cut for slowness leaves the list while we walk it.
    for (let i = list.length - 1; i >= 0; i--) {
      const connection = list[i]!;
      if (connection === except) continue;
      this.deliver(connection, message, 0, nowMs);
      delivered++;
    }
    return delivered;
  }

  /** To one connection. `s` above 0 is a replayed number; 0 lets the edge number what is critical. */
  deliver(connection: number, message: Message, s: number, nowMs: number): void {
    const c = this.#connections;
    let number = 0;
    if (message.deliveryClass === DeliveryClass.critical) {
      if (s > 0) {
        number = s;
      } else {
        const at = slotOf(connection);
        number = c.nextS[at]! + 1;
        c.nextS[at] = number;
      }
    }
    if (c.queues.size > 0) {
      const queue = c.queues.get(connection);
      if (queue !== undefined) {
        this.#offer(queue, connection, message, number, nowMs);
        return;
      }
    }
    this.#outbox.write(connection, message, number);
  }

  /** The driver says how much the socket still holds. */
  buffered(connection: number, bytes: number, nowMs: number): void {
    const c = this.#connections;
    if (!c.isOpen(connection)) return;
    let queue = c.queues.get(connection);
    if (queue === undefined) {
      if (bytes < this.#policy.outbound.softBytes) return;
      queue = new OutboundQueue(this.#policy.outbound, nowMs);
      c.queues.set(connection, queue);
    }
    queue.buffered(bytes, nowMs);
    this.#tend(queue, connection, nowMs);
  }

  /** Not after the first queue's deadline; a queue that went meanwhile may make it too early. */
  nextDeadlineMs(): number {
    return this.#wakeMs;
  }

  deadlinePassed(nowMs: number): void {
    this.#wakeMs = Infinity;
    for (const [connection, queue] of this.#connections.queues) {
      if (queue.nextDeadlineMs() <= nowMs) this.#tend(queue, connection, nowMs);
      else this.#wakeMs = Math.min(this.#wakeMs, queue.nextDeadlineMs());
    }
  }

  #offer(queue: OutboundQueue, to: number, message: Message, s: number, nowMs: number): void {
    const merged = queue.mergedByClass[message.deliveryClass]!;
    const dropped = queue.droppedByClass[message.deliveryClass]!;
    const result = queue.offer(message, s, nowMs);
    this.#drops.merged(
      message.deliveryClass,
      "outbound",
      queue.mergedByClass[message.deliveryClass]! - merged,
    );
    this.#drops.dropped(
      message.deliveryClass,
      "outbound",
      queue.droppedByClass[message.deliveryClass]! - dropped,
    );
    if (result === "write") this.#outbox.write(to, message, s);
    else if (result === "close") this.#cut(to, CloseCode.slow);
    else this.#tend(queue, to, nowMs);
  }

  /** Sends what may go, tells what was lost, and throws an idle queue away. */
  #tend(queue: OutboundQueue, connection: number, nowMs: number): void {
    queue.flush(nowMs, (message, s) => this.#outbox.write(connection, message, s));
    if (queue.level === 3) {
      this.#cut(connection, CloseCode.slow);
      return;
    }
    const notice = queue.throttledNotice(nowMs);
    if (notice !== undefined) {
      this.#outbox.write(connection, this.#made(Kind.throttled, notice), 0);
    }
    if (queue.isIdle(nowMs)) this.#connections.queues.delete(connection);
    else this.#wakeMs = Math.min(this.#wakeMs, queue.nextDeadlineMs());
  }

  #made(kind: Kind, body: object): Message {
    return new Message(kind, 0, "", "", 0, serverFrameBytes(kind, body), "", body);
  }

  isAttached(connection: number, node: number, session: number): boolean {
    const c = this.#connections;
    if (!c.isOpen(connection)) return false;
    const at = slotOf(connection);
    const isIn =
      c.state[at] === ConnectionState.attached || c.state[at] === ConnectionState.parting;
    return isIn && c.node[at] === node && c.session[at] === session;
  }
}
