// What is measured at the clients: the only place where a user's experience shows.

import { ClientEvent } from "../../core/client/client-outbox.ts";
import type { Message } from "../../core/protocol/message.ts";
import type { Simulation } from "../engine/simulation.ts";
import type { Recorder, Tally, WindowedHistogram } from "../metrics/recorder.ts";
import type { Population } from "./population.ts";

const NEVER = -1;

export class ClientMeters {
  readonly #sim: Simulation;
  readonly #population: Population;
  /** When a client arrived, lost its session, and lost its media, µs; NEVER when it did not. */
  readonly arrivedAtUs: Float64Array;
  readonly lostAtUs: Float64Array;
  readonly #mediaLostAtUs = new Map<number, number>();
  readonly #hasJoined: Uint8Array;
  readonly #hasMedia: Uint8Array;
  /** Set by faults: the client was on a host that died, or its own network failed. */
  readonly isStruck: Uint8Array;
  /** Attempts since the session was lost, and their sum over those that came back. */
  readonly #attempts: Uint16Array;
  attemptsOfReturned = 0;
  gaps = 0;
  mediaRestarts = 0;
  departuresTold = 0;
  /** Rooms whose deliveries are `delivery.latency.other`; undefined while there is no noise. */
  isNeighbour: ((room: number) => boolean) | undefined = undefined;
  noisyRoom = NEVER;
  // Tallies by metric.
  readonly offered: Tally;
  readonly succeeded: Tally;
  readonly refused: Tally;
  readonly gaveUp: Tally;
  readonly turnedAway: Tally;
  readonly lost: Tally;
  readonly returned: Tally;
  readonly failed: Tally;
  readonly blast: Tally;
  readonly criticalOffered: Tally;
  readonly criticalAcknowledged: Tally;
  readonly criticalRefused: Tally;
  readonly dials: Tally;
  readonly mediaInterrupted: Tally;
  readonly #joinLatency: WindowedHistogram;
  readonly #mediaTime: WindowedHistogram;
  readonly #reconnectTime: WindowedHistogram;
  readonly #interruption: WindowedHistogram;
  readonly #deliveries: readonly (WindowedHistogram | undefined)[];
  readonly #neighbours: readonly (WindowedHistogram | undefined)[];

  constructor(recorder: Recorder, sim: Simulation, population: Population) {
    this.#sim = sim;
    this.#population = population;
    const total = population.total;
    this.arrivedAtUs = new Float64Array(total).fill(NEVER);
    this.lostAtUs = new Float64Array(total).fill(NEVER);
    this.#hasJoined = new Uint8Array(total);
    this.#hasMedia = new Uint8Array(total);
    this.isStruck = new Uint8Array(total);
    this.#attempts = new Uint16Array(total);
    this.offered = recorder.tally("join.offered");
    this.succeeded = recorder.tally("join.succeeded");
    this.refused = recorder.tally("join.refused");
    this.turnedAway = recorder.tally("join.turnedaway");
    this.gaveUp = recorder.tally("join.gaveup");
    this.lost = recorder.tally("reconnect.offered");
    this.returned = recorder.tally("reconnect.succeeded");
    this.failed = recorder.tally("reconnect.failed");
    this.blast = recorder.tally("blast.sessions");
    this.criticalOffered = recorder.tally("critical.offered");
    this.criticalAcknowledged = recorder.tally("critical.acknowledged");
    this.criticalRefused = recorder.tally("critical.refused");
    this.dials = recorder.tally("connections.dialed");
    this.mediaInterrupted = recorder.tally("media.interrupted.sessions");
    this.#joinLatency = recorder.waits("join.latency");
    this.#mediaTime = recorder.waits("media.time");
    this.#reconnectTime = recorder.waits("reconnect.time");
    this.#interruption = recorder.waits("media.interruption.time");
    const byClass = (metric: string): (WindowedHistogram | undefined)[] => [
      undefined,
      recorder.waits(`${metric}/critical`),
      recorder.waits(`${metric}/coalescable`),
      recorder.waits(`${metric}/droppable`),
    ];
    this.#deliveries = byClass("delivery.latency");
    this.#neighbours = byClass("delivery.latency.other");
  }

  arrived(client: number): void {
    const nowUs = this.#sim.nowUs;
    this.arrivedAtUs[client] = nowUs;
    this.offered.add(nowUs, nowUs);
  }

  dialed(): void {
    this.dials.add(this.#sim.nowUs, this.#sim.nowUs);
  }

  hasJoined(client: number): boolean {
    return this.#hasJoined[client] === 1;
  }

  told(client: number, event: ClientEvent): void {
    const nowUs = this.#sim.nowUs;
    switch (event) {
      case ClientEvent.attempted:
        this.#attempts[client] = this.#attempts[client]! + 1;
        break;
      case ClientEvent.joined:
        if (this.#hasJoined[client] === 0) this.#joined(client, nowUs);
        else this.#back(client, nowUs);
        break;
      case ClientEvent.replayed:
      case ClientEvent.resynced:
        this.#back(client, nowUs);
        break;
      case ClientEvent.disrupted:
        this.#disrupted(client, nowUs);
        break;
      case ClientEvent.postponed:
        this.turnedAway.add(nowUs, nowUs);
        break;
      case ClientEvent.gap:
        this.gaps++;
        break;
      case ClientEvent.refused:
        this.#ended(client, this.refused, nowUs);
        break;
      case ClientEvent.gaveUp:
        this.#ended(client, this.gaveUp, nowUs);
        break;
      case ClientEvent.left:
        if (this.#hasJoined[client] === 0) this.#ended(client, this.gaveUp, nowUs);
        else if (this.lostAtUs[client]! >= 0) this.#ended(client, this.failed, nowUs);
        break;
      default:
    }
  }

  #joined(client: number, nowUs: number): void {
    const arrivedUs = this.arrivedAtUs[client]!;
    this.#hasJoined[client] = 1;
    this.#attempts[client] = 0;
    this.succeeded.add(arrivedUs, nowUs);
    this.#joinLatency.record(nowUs - arrivedUs, arrivedUs);
  }

  #disrupted(client: number, nowUs: number): void {
    this.lostAtUs[client] = nowUs;
    this.#attempts[client] = 0;
    this.lost.add(nowUs, nowUs);
    if (this.isStruck[client] === 0) this.blast.add(nowUs, nowUs);
  }

  #back(client: number, nowUs: number): void {
    const lostUs = this.lostAtUs[client]!;
    if (lostUs < 0) return;
    this.lostAtUs[client] = NEVER;
    this.isStruck[client] = 0;
    this.attemptsOfReturned += this.#attempts[client]!;
    this.returned.add(lostUs, nowUs);
    this.#reconnectTime.record(nowUs - lostUs, lostUs);
  }

  /** The client stops before it was in, or before it was back. */
  #ended(client: number, how: Tally, nowUs: number): void {
    const lostUs = this.lostAtUs[client]!;
    if (lostUs >= 0) {
      this.lostAtUs[client] = NEVER;
      this.failed.add(lostUs, nowUs);
    } else if (this.#hasJoined[client] === 0) {
      how.add(this.arrivedAtUs[client]!, nowUs);
    }
  }

  flapped(client: number): void {
    this.isStruck[client] = 1;
  }

  // ---- messages -----------------------------------------------------------------------------------------

  /** A critical message is owed. */
  criticalOwed(message: Message): void {
    this.criticalOffered.add(message.offeredAtUs, this.#sim.nowUs);
  }

  settled(_client: number, message: Message, accepted: boolean): void {
    const tally = accepted ? this.criticalAcknowledged : this.criticalRefused;
    tally.add(message.offeredAtUs, this.#sim.nowUs);
  }

  delivered(client: number, message: Message): void {
    const waitUs = this.#sim.nowUs - message.offeredAtUs;
    const { deliveryClass } = message;
    this.#deliveries[deliveryClass]?.record(waitUs, message.offeredAtUs);
    if (this.isNeighbour === undefined) return;
    if (this.isNeighbour(this.#population.roomOf[client]!)) {
      this.#neighbours[deliveryClass]?.record(waitUs, message.offeredAtUs);
    }
  }

  // ---- media ----------------------------------------------------------------------------------------------

  mediaConnected(client: number): void {
    const nowUs = this.#sim.nowUs;
    if (this.#hasMedia[client] === 0) {
      this.#hasMedia[client] = 1;
      const arrivedUs = this.arrivedAtUs[client]!;
      this.#mediaTime.record(nowUs - arrivedUs, arrivedUs);
      return;
    }
    const lostUs = this.#mediaLostAtUs.get(client);
    if (lostUs === undefined) return;
    this.#mediaLostAtUs.delete(client);
    this.#interruption.record(nowUs - lostUs, lostUs);
  }

  mediaLost(client: number): void {
    if (this.#hasMedia[client] === 0 || this.#mediaLostAtUs.has(client)) return;
    this.#mediaLostAtUs.set(client, this.#sim.nowUs);
    this.mediaInterrupted.add(this.#sim.nowUs, this.#sim.nowUs);
  }

  mediaRestarted(client: number): void {
    this.mediaRestarts++;
    this.mediaLost(client);
  }

  /** A peer connection was closed while the client goes on: its media stops. */
  mediaDropped(client: number, peer: string): void {
    if (peer === "sfu") this.mediaLost(client);
  }
}
