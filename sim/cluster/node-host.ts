// A node process: performs a SignalingNode.

import type { NodePolicy } from "../../core/node/node-context.ts";
import type { NodeOutbox } from "../../core/node/node-outbox.ts";
import { SignalingNode } from "../../core/node/signaling-node.ts";
import type { SfuBody } from "../../core/protocol/bodies.ts";
import type { CloseCode } from "../../core/protocol/limits.ts";
import type { Message } from "../../core/protocol/message.ts";
import type {
  AttachGrant,
  AttachRequest,
  BusMessage,
  OrphanRoom,
  Refusal,
} from "../../core/trunk.ts";
import type { Simulation } from "../engine/simulation.ts";
import type { Histogram } from "../metrics/histogram.ts";
import type { CostTable } from "./cost-table.ts";
import type { Backplane } from "./backplane.ts";
import { Host } from "./host.ts";
import { EventKind, peerExtra, peerFrom } from "./kinds.ts";
import type { CloseFrame, DeliverFrame, ExceptFrame } from "./links.ts";
import type { MediaPlane } from "./media-plane.ts";

export interface NodeWorld {
  readonly backplane: Backplane;
  readonly media: MediaPlane;
}

export class NodeHost extends Host implements NodeOutbox {
  core: SignalingNode;
  readonly node: number;
  readonly #world: NodeWorld;
  readonly #costs: CostTable;
  readonly #policyOf: (incarnation: number) => NodePolicy;
  #incarnation = 1;

  constructor(
    node: number,
    number: number,
    policyOf: (incarnation: number) => NodePolicy,
    world: NodeWorld,
    sim: Simulation,
    costs: CostTable,
    lag: Histogram,
  ) {
    super(number, `node ${node}`, sim, costs.host, lag);
    this.node = node;
    this.#world = world;
    this.#costs = costs;
    this.#policyOf = policyOf;
    this.core = new SignalingNode(policyOf(1), this);
  }

  restart(): void {
    this.#incarnation++;
    this.revive();
    this.core = new SignalingNode(this.#policyOf(this.#incarnation), this);
    this.start();
  }

  /** No process is here yet. */
  vacate(): this {
    this.crash();
    return this;
  }

  // ---- facts --------------------------------------------------------------------------------------

  protected override perform(
    kind: number,
    a: number,
    b: number,
    payload: object | undefined,
  ): void {
    const costs = this.#costs;
    const nowMs = this.nowMs;
    switch (kind) {
      case EventKind.nodeReceives:
        this.charge(costs.nodeRelayUs);
        this.core.relayed(a, payload as Message, nowMs);
        break;
      case EventKind.nodeAcknowledges:
        this.charge(costs.trunkFrameUs);
        this.core.acknowledged(a, b >>> 10);
        break;
      case EventKind.nodeSfuAnswers:
        this.charge(costs.nodeRelayUs);
        this.core.sfuAnswered(a, payload as Message);
        break;
      case EventKind.nodeAttaches: {
        const request = payload as AttachRequest;
        this.charge(request.resume === undefined ? costs.nodeJoinUs : costs.resumeUs);
        this.core.attachAsked(peerFrom(b), a, request, nowMs);
        break;
      }
      case EventKind.nodeDetaches: {
        const extra = peerExtra(b);
        this.charge(costs.trunkFrameUs);
        this.core.detached(a, peerFrom(b), extra >>> 1, (extra & 1) === 1, nowMs);
        break;
      }
      case EventKind.nodeHears:
        this.charge(costs.busReceiveUs);
        this.core.heard(payload as BusMessage, nowMs);
        break;
      case EventKind.nodeSfuAllocated:
        this.charge(costs.trunkFrameUs);
        this.core.sfuAllocated(a, payload as SfuBody);
        break;
      case EventKind.nodeOrphans:
        this.charge(costs.trunkFrameUs);
        this.core.orphansDeclared(payload as readonly OrphanRoom[], nowMs);
        break;
      case EventKind.nodeEdgeLost:
        this.core.edgeLost(a, nowMs);
        break;
      default:
        this.#performRare(kind, b, nowMs);
    }
  }

  #performRare(kind: number, b: number, nowMs: number): void {
    switch (kind) {
      case EventKind.nodeBus:
        if (b === 1) this.core.busRestored(nowMs);
        else this.core.busLost(nowMs);
        break;
      case EventKind.nodeDrain:
        if (b === 0) this.core.drainCancelled(nowMs);
        else if (b === 1) this.core.drainAsked(nowMs);
        else this.core.leaveAsked(nowMs);
        break;
      default:
        throw new Error(`node: unknown event ${kind}`);
    }
  }

  protected override deadlinePassed(): void {
    this.core.deadlinePassed(this.nowMs);
  }

  protected override nextDeadlineMs(): number {
    return this.core.nextDeadlineMs();
  }

  // ---- orders -------------------------------------------------------------------------------------

  attached(edge: number, connection: number, grant: AttachGrant): void {
    this.charge(this.#costs.trunkFrameUs);
    this.#toEdge(edge, EventKind.edgeAttached, connection, grant);
  }

  refused(edge: number, connection: number, refusal: Refusal): void {
    this.charge(this.#costs.trunkFrameUs);
    this.#toEdge(edge, EventKind.edgeRefused, connection, refusal);
  }

  multicast(edge: number, room: number, except: number, message: Message): void {
    this.charge(this.#costs.nodeFanoutUs);
    if (except < 0) {
      this.#toEdge(edge, EventKind.edgeMulticast, room, message);
    } else {
      const frame: ExceptFrame = { message, except };
      this.#toEdge(edge, EventKind.edgeMulticastExcept, room, frame);
    }
  }

  deliver(edge: number, connection: number, session: number, message: Message, s: number): void {
    this.charge(this.#costs.nodeFanoutUs);
    const frame: DeliverFrame = { message, session, s };
    this.#toEdge(edge, EventKind.edgeDelivers, connection, frame);
  }

  close(edge: number, connection: number, session: number, code: CloseCode): void {
    this.charge(this.#costs.trunkFrameUs);
    const frame: CloseFrame = { session, code };
    this.#toEdge(edge, EventKind.edgeCloses, connection, frame);
  }

  #toEdge(edge: number, kind: EventKind, a: number, payload: object): void {
    this.#world.backplane.toEdge(this.node, edge, kind, a, payload, this.departsUs);
  }

  publish(subject: string, message: BusMessage): void {
    this.charge(this.#costs.busPublishUs);
    this.#world.backplane.publish(subject, message, this.departsUs);
  }

  /** The edge takes nothing any more: it learns after one trip that its trunk is gone. */
  dropTrunk(edge: number): void {
    const afterUs = this.#world.backplane.trunkTripUs();
    this.sim.schedule(afterUs, EventKind.edgeTrunkLost, this.node, edge);
  }

  stepDown(): void {
    this.sim.schedule(0, EventKind.nodeStepsDown, this.node, 0);
  }

  allocateSfu(room: number, roomId: string): void {
    this.charge(this.#costs.trunkFrameUs);
    this.#world.media.allocate(this.node, room, roomId, this.departsUs);
  }

  toSfu(_room: number, session: number, message: Message): void {
    this.charge(this.#costs.trunkFrameUs);
    this.#world.media.receive(this.node, session, message, this.departsUs);
  }
}
