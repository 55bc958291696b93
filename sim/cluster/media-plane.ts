// The SFU pool as signaling sees it: who gets which server, how long an allocation and an answer take.
//
// Media never passes signaling, and outlives it: a room keeps its SFU when its node dies, because the pool knows rooms by
// name. An SFU trickles its candidates in a few frames after its answer, and never offers (SPEC NG).

import { instantUs, Kind, Message } from "../../core/protocol/message.ts";
import type { SfuBody } from "../../core/protocol/bodies.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { randomStream, type RandomStream } from "../engine/random.ts";
import type { Simulation } from "../engine/simulation.ts";
import type { CostTable } from "./cost-table.ts";
import { EventKind } from "./kinds.ts";
import { LatencyTable } from "./latency.ts";

/** Candidates in one frame of the SFU's trickle. Assumed: they are all host candidates, known at once. */
const CANDIDATES_PER_FRAME = 4;
/** Between two frames of its trickle, µs. Assumed: below the 50 ms batch of the protocol. */
const TRICKLE_EVERY_US = 20_000;

interface Sfu {
  readonly body: SfuBody;
  transports: number;
}

export class MediaPlane {
  readonly #sim: Simulation;
  readonly #costs: CostTable;
  readonly #sfus: Sfu[] = [];
  readonly #sfuOf = new Map<string, Sfu>();
  readonly #trip: LatencyTable;
  readonly #allocate: LatencyTable;
  readonly #answer: LatencyTable;
  readonly #draws: RandomStream;
  readonly #candidatesIn: number;
  readonly #transportsMax: number;
  #cursor = 0;
  /** Rooms for which no SFU had a transport left. */
  exhausted = 0;

  constructor(scenario: Scenario, seed: number, sim: Simulation, costs: CostTable) {
    const { sfu } = scenario.cluster;
    this.#sim = sim;
    this.#costs = costs;
    for (let i = 0; i < sfu.count; i++) {
      const body: SfuBody = { id: `sfu${i}`, url: `wss://sfu${i}.example/v1`, token: `t${i}` };
      this.#sfus.push({ body, transports: 0 });
    }
    this.#trip = new LatencyTable(scenario.network.sfuLatency);
    this.#allocate = new LatencyTable(sfu.allocateMs);
    this.#answer = new LatencyTable(sfu.answerMs);
    this.#draws = randomStream(seed, "media plane");
    this.#candidatesIn = scenario.clients.candidates.in;
    this.#transportsMax = sfu.transportsMax;
  }

  /** The room's SFU, found or chosen; the answer comes back as a fact of the node. */
  allocate(node: number, room: number, roomId: string, departsUs: number): void {
    const known = this.#sfuOf.get(roomId);
    const sfu = known ?? this.#choose();
    if (sfu === undefined) {
      this.exhausted++;
      return;
    }
    this.#sfuOf.set(roomId, sfu);
    const workUs = known === undefined ? this.#allocate.atUs(this.#draws.nextUint32()) : 0;
    const atUs = departsUs + this.#tripUs() + workUs + this.#tripUs();
    this.#sim.at(atUs, EventKind.nodeSfuAllocated, room, node, sfu.body);
  }

  /** The next in turn with a transport left. */
  #choose(): Sfu | undefined {
    for (let tried = 0; tried < this.#sfus.length; tried++) {
      this.#cursor = (this.#cursor + 1) % this.#sfus.length;
      const sfu = this.#sfus[this.#cursor]!;
      if (sfu.transports < this.#transportsMax) return sfu;
    }
    return undefined;
  }

  /** A member's message reaches the pool. */
  receive(node: number, session: number, message: Message, departsUs: number): void {
    this.#sim.at(departsUs + this.#tripUs(), EventKind.sfuReceives, session, node, message);
  }

  /** The pool acts on it: an offer is answered, with candidates behind; the rest is taken in. */
  received(node: number, session: number, message: Message): void {
    if (message.kind !== Kind.offer) return;
    const answerUs = this.#answer.atUs(this.#draws.nextUint32());
    let atUs = this.#sim.nowUs + answerUs + this.#tripUs();
    const { answerBytes, candidateBytes } = this.#costs;
    this.#answerAt(atUs, node, session, Kind.answer, message.n, answerBytes);
    for (let left = this.#candidatesIn; left > 0; left -= CANDIDATES_PER_FRAME) {
      atUs += TRICKLE_EVERY_US;
      const bytes = candidateBytes * Math.min(left, CANDIDATES_PER_FRAME);
      this.#answerAt(atUs, node, session, Kind.candidate, message.n, bytes);
    }
    this.#answerAt(atUs, node, session, Kind.endOfCandidates, message.n, END_BYTES);
  }

  #answerAt(
    atUs: number,
    node: number,
    session: number,
    kind: Kind,
    n: number,
    bytes: number,
  ): void {
    const message = new Message(kind, 0, "sfu", "", n, bytes, "", undefined);
    message.offeredAtUs = instantUs(atUs);
    this.#sim.at(atUs, EventKind.nodeSfuAnswers, session, node, message);
  }

  #tripUs(): number {
    return this.#trip.atUs(this.#draws.nextUint32());
  }
}

/** An end of candidates on the wire: the envelope alone. Assumed within a few bytes. */
const END_BYTES = 60;
