// What the parts of a signaling node share: its memory, its limits and its way out.

import { FanoutScheduler, type FanoutLimits } from "../budgets/fanout-scheduler.ts";
import type { BudgetShapes } from "../budgets/token-bucket.ts";
import type { AdmissionLimits } from "../admission.ts";
import { ClusterView, type NodeState } from "../cluster-view.ts";
import { DropAccount } from "../drops.ts";
import { Handles, slotOf } from "../handles.ts";
import { reserveFor } from "../placement/assignment.ts";
import { CommittedLoad } from "../placement/committed-load.ts";
import type { PlacementPolicy } from "../placement/policy.ts";
import { Kind, Message } from "../protocol/message.ts";
import { serverFrameBytes } from "../protocol/sizes.ts";
import type { TrunkMarks } from "../trunk.ts";
import type { NodeOutbox } from "./node-outbox.ts";
import { Room } from "./room.ts";
import { Sessions, SessionState } from "./sessions.ts";

export interface NodePolicy {
  readonly nodeId: string;
  readonly incarnation: number;
  readonly region: string;
  readonly zone: string;
  /** Number of the release that the node runs: new rooms go to the newest first. 0 when absent. */
  readonly generation?: number;
  readonly placement: PlacementPolicy;
  readonly maxConnections: number;
  /** New rooms may fill this share of maxConnections with committed load. */
  readonly softLimitRatio: number;
  readonly admission: AdmissionLimits;
  readonly admitPerSec: number;
  readonly beatEveryMs: number;
  readonly leaseMs: number;
  /** Narrowest and widest window within which edges have clients come back, ms. */
  readonly spreadMinMs: number;
  readonly spreadMaxMs: number;
  readonly budgets: BudgetShapes;
  readonly fanout: FanoutLimits;
  /** Deliveries served before other work gets a turn. */
  readonly sliceDeliveries: number;
  /** After this without its socket a session is shown as reconnecting, ms. */
  readonly reconnectingNoticeMs: number;
  /** After this, others are told that it left, ms. */
  readonly presenceGraceMs: number;
  /** After this the session is gone, ms. */
  readonly resumeWindowMs: number;
  /** Critical messages kept per session. */
  readonly bufferMax: number;
  /** `speakers` goes out at most this often per room, ms. */
  readonly speakersEveryMs: number;
  /** "sfu", "mesh", or mesh for rooms booked for up to `meshSizeMax`. */
  readonly media: "sfu" | "mesh" | "auto";
  readonly meshSizeMax: number;
  readonly trunk: TrunkMarks;
}

/** One unit of fanout: a message for a room, or for one session of it. */
export class FanoutItem {
  readonly room: Room;
  readonly message: Message;
  /** Session it is for, -1 for the room. */
  readonly target: number;
  /** Session that is left out, -1 for nobody. */
  readonly except: number;
  /** Id that the excepted session waits to be answered, 0 for none. */
  readonly answers: number;

  constructor(room: Room, message: Message, target: number, except: number, answers: number) {
    this.room = room;
    this.message = message;
    this.target = target;
    this.except = except;
    this.answers = answers;
  }
}

export class NodeContext {
  readonly sessions = new Sessions();
  readonly rooms = new Map<string, Room>();
  readonly roomHandles = new Handles();
  readonly roomAt: (Room | undefined)[] = [];
  readonly drops = new DropAccount();
  readonly view: ClusterView;
  readonly committed = new CommittedLoad();
  readonly scheduler: FanoutScheduler<FanoutItem>;
  readonly policy: NodePolicy;
  readonly outbox: NodeOutbox;
  state: NodeState = "serving";
  nodeTatMs = 0;
  /** Updates of rooms that span nodes, published so far, over all rooms. */
  published = 0;

  constructor(policy: NodePolicy, outbox: NodeOutbox) {
    this.policy = policy;
    this.outbox = outbox;
    this.view = new ClusterView(policy.leaseMs);
    this.scheduler = new FanoutScheduler<FanoutItem>(policy.fanout);
  }

  /** Committed load that new rooms may fill this node up to, connections. */
  get softLimit(): number {
    return Math.floor(this.policy.maxConnections * this.policy.softLimitRatio);
  }

  /** Connections that count against maxConnections: attached ones and those that may come back within the grace. */
  get load(): number {
    return this.sessions.attachedCount;
  }

  /** Whether the participant is in the room on this node, as others see it. */
  isPresent(room: Room, id: string): boolean {
    const session = room.members.get(id);
    return session !== undefined && this.sessions.state[slotOf(session)] !== SessionState.away;
  }

  roomOf(roomId: string): Room | undefined {
    return this.rooms.get(roomId);
  }

  /** Makes the room this node's; the caller has decided that it may. */
  found(roomId: string, expectedSize: number, roomMax: number, nowMs: number): Room {
    const handle = this.roomHandles.allocate();
    const room = new Room(roomId, handle, ++this.published);
    room.expectedSize = expectedSize;
    room.roomMax = roomMax;
    room.emptySinceMs = nowMs;
    this.rooms.set(roomId, room);
    this.roomAt[slotOf(handle)] = room;
    this.committed.opened(handle, reserveFor(expectedSize, this.softLimit), nowMs);
    const { media, meshSizeMax } = this.policy;
    room.usesSfu = media === "sfu" || (media === "auto" && expectedSize > meshSizeMax);
    if (room.usesSfu) this.outbox.allocateSfu(handle, roomId);
    return room;
  }

  drop(room: Room): void {
    this.scheduler.forgetRoom(slotOf(room.handle));
    this.rooms.delete(room.roomId);
    this.roomAt[slotOf(room.handle)] = undefined;
    this.committed.closed(room.handle);
    this.roomHandles.release(room.handle);
  }

  /** The room of a handle that came back from outside; undefined when it is gone. */
  roomByHandle(handle: number): Room | undefined {
    return this.roomHandles.isLive(handle) ? this.roomAt[slotOf(handle)] : undefined;
  }

  /** Queues a message for the room (target -1) or one session of it. */
  enqueue(room: Room, message: Message, target: number, except: number, answers: number): void {
    const cost = target >= 0 ? 1 : Math.max(1, room.attachedCount - (except >= 0 ? 1 : 0));
    const key = message.key === "" ? "" : `${message.kind}/${message.from}/${message.key}`;
    const slot = slotOf(room.handle);
    const item = new FanoutItem(room, message, target, except, answers);
    const result = this.scheduler.enqueue(slot, message.deliveryClass, cost, key, item);
    if (result === "merged") this.drops.merged(message.deliveryClass, "fanout");
    else if (result === "dropped") this.drops.dropped(message.deliveryClass, "fanout");
  }

  /** An unsequenced answer to one session. */
  answer(session: number, kind: Kind, re: number, body: object | undefined): void {
    const at = slotOf(session);
    const edge = this.sessions.edge[at]!;
    if (edge < 0) return; // Detached: the client will ask again.
    const bytes = serverFrameBytes(kind, body);
    const message = new Message(kind, re, "", "", 0, bytes, "", body);
    this.outbox.deliver(edge, this.sessions.connection[at]!, session, message, 0);
  }
}
