// All the people: performs a SignalingClient for each, and stands in for their browsers.
//
// A browser here makes offers and answers of the profile's size after a moment, gathers candidates in bursts, and
// connects media one and a half round trips after both sides know each other. What is sent when, and what is restarted or
// left alone, the machine decides.

import { ClientEvent, type ClientOutbox } from "../../core/client/client-outbox.ts";
import { ClientState } from "../../core/client/client-table.ts";
import { needsDraw, type ClientPolicy } from "../../core/client/client-policy.ts";
import { SignalingClient } from "../../core/client/signaling-client.ts";
import type { JoinBody, ResumedBody } from "../../core/protocol/bodies.ts";
import type { CloseCode } from "../../core/protocol/limits.ts";
import { DeliveryClass, instantUs, Kind, type Message } from "../../core/protocol/message.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { StreamColumn } from "../engine/random.ts";
import type { Simulation } from "../engine/simulation.ts";
import type { CostTable } from "./cost-table.ts";
import { firstUsAt } from "./host.ts";
import { EventKind, socketClient } from "./kinds.ts";
import { Ingress } from "./ingress.ts";
import type { Links } from "./links.ts";
import type { ClientMeters } from "./client-meters.ts";
import type { Population } from "./population.ts";

/** What a browser has finished: `b` of `clientMedia`. */
const MediaStep = { offerMade: 0, answerMade: 1, gathered: 2, connected: 3 } as const;

/** The peer connection a media step is about. */
interface PeerStep {
  readonly peer: string;
  readonly n: number;
  /** Candidates still to gather after this burst. */
  readonly left: number;
  readonly isOfferer: boolean;
}

/** Time for a browser to create a description, µs: uniform. Assumed; LiveKit and Jitsi traces show 5 to 30 ms. */
const DESCRIBE_MIN_US = 5_000;
const DESCRIBE_SPREAD_US = 25_000;
/** Bursts in which candidates are gathered: host, reflexive, relay over UDP, relay over TCP. Assumed. */
const BURSTS = 4;
/** Round trips from the last description to connected media: an ICE check, then DTLS. Cited: RFC 8445, RFC 9147. */
const TRIPS_TO_CONNECT = 4;
/** A closed laptop or a tunnel: what the browser reports. */
const ABNORMAL = 1006;

export class ClientWorld implements ClientOutbox {
  readonly core: SignalingClient;
  readonly #sim: Simulation;
  readonly #links: Links;
  readonly #population: Population;
  readonly #meters: ClientMeters;
  readonly #costs: CostTable;
  readonly #scenario: Scenario;
  readonly #backoffDraws: StreamColumn;
  readonly #mediaDraws: StreamColumn;
  readonly #ingress: Ingress;
  readonly #wakesAtUs: Float64Array;
  /** The run has ended; what is under way arrives. */
  isOver = false;
  /** A snapshot is about to replace what the client has, up to this number: the judge's. */
  onSnapshot: (client: number, lastS: number) => void = () => undefined;
  /** Until when a client's own network is away, µs. */
  readonly #offlineUntilUs = new Map<number, number>();

  constructor(
    scenario: Scenario,
    seed: number,
    sim: Simulation,
    links: Links,
    population: Population,
    meters: ClientMeters,
    costs: CostTable,
    policy: ClientPolicy,
    edgeIsUp: (edge: number) => boolean,
  ) {
    this.#scenario = scenario;
    this.#sim = sim;
    this.#links = links;
    this.#population = population;
    this.#meters = meters;
    this.#costs = costs;
    this.#backoffDraws = new StreamColumn(seed, "client backoff", population.total);
    this.#mediaDraws = new StreamColumn(seed, "client media", population.total);
    this.#ingress = new Ingress(scenario, seed, (room) => population.roomId(room), edgeIsUp);
    this.#wakesAtUs = new Float64Array(population.total).fill(Infinity);
    this.core = new SignalingClient(policy, this, (client) => this.#identity(client));
    this.core.table.reserve(population.total);
    for (let client = 0; client < population.total; client++) this.core.add();
  }

  #identity(client: number): JoinBody {
    const id = this.#population.participantId(client);
    return { room: this.#population.roomId(this.#population.roomOf[client]!), token: id, name: id };
  }

  // ---- facts ----------------------------------------------------------------------------------------

  arrives(client: number): void {
    this.#meters.arrived(client);
    this.core.started(client, this.#sim.nowMs);
    this.#tend(client);
  }

  wakes(client: number): void {
    if (this.#wakesAtUs[client] !== this.#sim.nowUs) return; // Superseded by an earlier one.
    this.#wakesAtUs[client] = Infinity;
    if (this.isOver && this.#wouldTryAgain(client)) return;
    if (this.core.nextDeadlineMs(client) <= this.#sim.nowMs) {
      this.core.deadlinePassed(client, this.#sim.nowMs, this.#backoffDraws.nextUnit(client));
    }
    this.#tend(client);
  }

  /** After the end nobody begins another attempt: who is let in a moment before the judges look is seen by some and not yet by others. */
  #wouldTryAgain(client: number): boolean {
    const state = this.core.stateOf(client);
    return (
      state === ClientState.waiting ||
      state === ClientState.drained ||
      state === ClientState.holding
    );
  }

  opened(socket: number, hello: Message): void {
    if (!this.#links.isCurrent(socket)) return;
    const client = socketClient(socket);
    this.core.opened(client, this.#sim.nowMs);
    this.core.received(client, hello, 0, this.#sim.nowMs, 0);
    this.#tend(client);
  }

  receives(socket: number, s: number, message: Message): void {
    if (!this.#links.isCurrent(socket)) return;
    const client = socketClient(socket);
    if (message.kind === Kind.resumed && (message.body as ResumedBody).mode === "snapshot") {
      this.onSnapshot(client, this.core.table.lastS(client));
    }
    if (message.offeredAtUs > 0) this.#meters.delivered(client, message);
    if (message.kind === Kind.participantLeft) this.#meters.departuresTold++;
    const draw = needsDraw(message.kind) ? this.#backoffDraws.nextUnit(client) : 0;
    this.core.received(client, message, s, this.#sim.nowMs, draw);
    // A participant who came or went moves no deadline, and is most of what is received.
    if (message.deliveryClass !== DeliveryClass.critical || message.kind >= Kind.offer) {
      this.#tend(client);
    }
  }

  closed(socket: number, code: number): void {
    if (!this.#links.isCurrent(socket)) return;
    this.#lose(socketClient(socket), code, false);
  }

  #lose(client: number, code: number, isPrivate: boolean): void {
    this.#links.vanish(client);
    const draw = this.#backoffDraws.nextUnit(client);
    this.core.closed(client, code, isPrivate, this.#sim.nowMs, draw);
    this.#tend(client);
  }

  leaves(client: number): void {
    this.core.left(client);
    this.#tend(client);
  }

  /** The client's own network is away for a while: nothing gets through, and its browser says so when it is back.
   * False when it was not there to lose. */
  goesOffline(client: number, forUs: number): boolean {
    if (this.core.stateOf(client) !== ClientState.live) return false;
    if (this.#offlineUntilUs.has(client)) return false;
    this.#meters.flapped(client);
    this.#links.vanish(client);
    this.#offlineUntilUs.set(client, this.#sim.nowUs + forUs);
    this.core.media.iceChanged(client, "sfu", "disconnected", this.#sim.nowMs);
    this.#meters.mediaLost(client);
    return true;
  }

  comesOnline(client: number): void {
    this.#offlineUntilUs.delete(client);
    const state = this.core.stateOf(client);
    if (state === ClientState.ended || state === ClientState.idle) return;
    this.#lose(client, ABNORMAL, true);
    this.core.media.iceChanged(client, "sfu", "connected", this.#sim.nowMs); // ICE finds the path again.
    this.#meters.mediaConnected(client);
  }

  /** One wake-up per client, for its earliest deadline. */
  #tend(client: number): void {
    const dueMs = this.core.nextDeadlineMs(client);
    if (dueMs === Infinity) return;
    const dueUs = Math.max(firstUsAt(dueMs), this.#sim.nowUs);
    if (dueUs >= this.#wakesAtUs[client]!) return; // An earlier wake-up will look again.
    this.#wakesAtUs[client] = dueUs;
    this.#sim.at(dueUs, EventKind.clientWakes, client, 0);
  }

  // ---- orders: the socket -----------------------------------------------------------------------------

  dial(client: number): void {
    this.#meters.dialed();
    if (this.#offlineUntilUs.has(client)) return; // No network: the dial times out.
    const edge = this.#ingress.edgeFor(this.#population.roomOf[client]!);
    if (edge >= 0) this.#links.dial(client, edge);
  }

  send(client: number, message: Message): void {
    if (message.offeredAtUs === 0) message.offeredAtUs = instantUs(this.#sim.nowUs);
    this.#links.fromClient(client, message);
  }

  hangUp(client: number, _code: CloseCode): void {
    this.#links.hangUp(client);
  }

  tell(client: number, event: ClientEvent): void {
    this.#meters.told(client, event);
  }

  offered(_client: number, message: Message): void {
    message.offeredAtUs = instantUs(this.#sim.nowUs);
    this.#meters.criticalOwed(message);
  }

  settled(client: number, message: Message, accepted: boolean): void {
    this.#meters.settled(client, message, accepted);
  }

  // ---- orders: the browser ----------------------------------------------------------------------------

  makeOffer(client: number, peer: string, n: number, restart: boolean): void {
    if (restart) this.#meters.mediaRestarted(client);
    this.#describe(client, MediaStep.offerMade, { peer, n, left: 0, isOfferer: true });
  }

  acceptOffer(client: number, offer: Message): void {
    const step = { peer: offer.from, n: offer.n, left: 0, isOfferer: false };
    this.#describe(client, MediaStep.answerMade, step);
  }

  acceptAnswer(client: number, answer: Message): void {
    this.#connect(client, { peer: answer.from, n: answer.n, left: 0, isOfferer: true });
  }

  addCandidates(_client: number, _candidates: Message): void {
    // Connectivity here needs one pair that works, and the descriptions carry it.
  }

  dropPeer(client: number, peer: string): void {
    if (this.core.stateOf(client) !== ClientState.ended) this.#meters.mediaDropped(client, peer);
  }

  #describe(client: number, what: number, step: PeerStep): void {
    const draw = this.#mediaDraws.nextUnit(client);
    const afterUs = DESCRIBE_MIN_US + Math.floor(draw * DESCRIBE_SPREAD_US);
    this.#sim.schedule(afterUs, EventKind.clientMedia, client, what, step);
  }

  #connect(client: number, step: PeerStep): void {
    const afterUs = TRIPS_TO_CONNECT * this.#links.pathUs(client);
    this.#sim.schedule(afterUs, EventKind.clientMedia, client, MediaStep.connected, step);
  }

  /** The browser is done with something. */
  mediaStep(client: number, what: number, payload: object | undefined): void {
    if (this.core.stateOf(client) === ClientState.ended) return;
    const step = payload as PeerStep;
    const { media } = this.core;
    switch (what) {
      case MediaStep.offerMade:
        media.offerMade(client, step.peer, step.n, this.#costs.offerBytes);
        this.#gatherSoon(client, { ...step, left: this.#scenario.clients.candidates.out });
        break;
      case MediaStep.answerMade:
        media.answerMade(client, step.peer, step.n, this.#costs.answerBytes);
        this.#gatherSoon(client, { ...step, left: this.#scenario.clients.candidates.out });
        this.#connect(client, step);
        break;
      case MediaStep.gathered:
        this.#gathered(client, step);
        break;
      default:
        media.iceChanged(client, step.peer, "connected", this.#sim.nowMs);
        this.#meters.mediaConnected(client);
    }
    this.#tend(client);
  }

  #gatherSoon(client: number, step: PeerStep): void {
    const { out, overMs } = this.#scenario.clients.candidates;
    if (out === 0) return;
    const meanUs = (overMs * 1_000) / BURSTS;
    const afterUs = Math.floor(2 * meanUs * this.#mediaDraws.nextUnit(client));
    this.#sim.schedule(afterUs, EventKind.clientMedia, client, MediaStep.gathered, step);
  }

  #gathered(client: number, step: PeerStep): void {
    const { out } = this.#scenario.clients.candidates;
    const burst = Math.min(step.left, Math.ceil(out / BURSTS));
    const left = step.left - burst;
    const bytes = burst * this.#costs.candidateBytes;
    const nowMs = this.#sim.nowMs;
    this.core.media.gathered(client, step.peer, step.n, bytes, NO_CANDIDATES, left === 0, nowMs);
    if (left > 0) this.#gatherSoon(client, { ...step, left });
  }

  // ---- what people do -----------------------------------------------------------------------------------

  offer(client: number, kind: Kind, key: string, bytes: number, body?: object): void {
    this.core.offer(client, kind, "", key, bytes, body);
    this.#tend(client);
  }

  isLive(client: number): boolean {
    return this.core.stateOf(client) === ClientState.live;
  }
}

/** Candidates exist here as bytes only. */
const NO_CANDIDATES: readonly object[] = [];
