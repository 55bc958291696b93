// Who there is: rooms with sizes, and the instant at which each client arrives.
//
// Members of a room are neighbours in number, and arrive independently of each other: in a storm a meeting does not come
// through the door together. Sizes and arrivals are drawn from streams of their own, so that two scenarios that differ
// elsewhere have the same people.

import { assert } from "../../core/assert.ts";
import type { Scenario, SizeRange } from "../../scenarios/schema.ts";
import { exp, log } from "../engine/elementary.ts";
import { randomStream, StreamColumn, type RandomStream } from "../engine/random.ts";

/** How wrong an invitation's size may be. Cited: the placement study's reservation hint of ± 40 % (DESIGN.md). */
const INVITATION_ERROR = 0.4;

export class Population {
  readonly total: number;
  readonly roomCount: number;
  /** Room of each client. */
  readonly roomOf: Int32Array;
  /** Room r has the clients from `firstOf[r]` up to `firstOf[r + 1]`. */
  readonly firstOf: Int32Array;
  /** When each client arrives, µs. */
  readonly arrivesAtUs: Float64Array;
  readonly #roomIds: string[] = [];
  /** What each room was booked for: its size, wrong by up to `INVITATION_ERROR` either way. */
  readonly bookedSizeOf: Int32Array;

  constructor(scenario: Scenario, seed: number) {
    const { clients } = scenario;
    this.total = clients.total;
    this.roomOf = new Int32Array(this.total);
    const firsts = roomFirsts(clients.rooms.sizes, this.total, randomStream(seed, "room sizes"));
    this.firstOf = Int32Array.from(firsts);
    this.roomCount = firsts.length - 1;
    for (let room = 0; room < this.roomCount; room++) {
      this.#roomIds.push(`room-${room}`);
      this.roomOf.fill(room, this.firstOf[room], this.firstOf[room + 1]);
    }
    this.bookedSizeOf = new Int32Array(this.roomCount);
    const invitations = new StreamColumn(seed, "invitations", this.roomCount);
    for (let room = 0; room < this.roomCount; room++) {
      const error = INVITATION_ERROR * (2 * invitations.nextUnit(room) - 1);
      this.bookedSizeOf[room] = Math.max(1, Math.round(this.sizeOf(room) * (1 + error)));
    }
    this.arrivesAtUs = new Float64Array(this.total);
    this.#arrive(scenario, seed);
  }

  sizeOf(room: number): number {
    return this.firstOf[room + 1]! - this.firstOf[room]!;
  }

  roomId(room: number): string {
    return this.#roomIds[room]!;
  }

  participantId(client: number): string {
    return `p${client}`;
  }

  #arrive(scenario: Scenario, seed: number): void {
    const order = shuffled(this.total, randomStream(seed, "arrival order"));
    const draws = new StreamColumn(seed, "arrival", this.total);
    let at = 0;
    scenario.clients.arrivals.forEach((phase) => {
      const count = Math.min(phase.clients, this.total - at);
      let poissonMs = 0;
      for (let k = 0; k < count; k++) {
        const client = order[at++]!;
        const draw = draws.nextUnit(client);
        if (phase.shape === "poisson") poissonMs += -log(1 - draw) * (phase.overMs / count);
        const offsetMs = phase.shape === "poisson" ? poissonMs : offset(phase, k, count, draw);
        this.arrivesAtUs[client] = Math.round((phase.fromMs + offsetMs) * 1_000);
      }
    });
    assert(at === this.total, "every client belongs to a phase", at);
  }
}

/** When the k-th of `count` clients of a phase arrives after its begin, ms. */
function offset(
  phase: Scenario["clients"]["arrivals"][number],
  k: number,
  count: number,
  draw: number,
): number {
  switch (phase.shape) {
    case "uniform":
      return ((k + draw) / count) * phase.overMs; // One per slot: evenly, without beats.
    case "thundering-herd": {
      const mean = phase.overMs / 6;
      const mass = 1 - exp(-6);
      return Math.min(phase.overMs, -log(1 - draw * mass) * mean);
    }
    default: // ramp: the rate grows from 0, so the count grows with the square of time.
      return Math.sqrt(draw) * phase.overMs;
  }
}

/** First client of each room, and the total at the end. The last room takes what is left. */
function roomFirsts(sizes: readonly SizeRange[], total: number, stream: RandomStream): number[] {
  const firsts = [0];
  const shares = sizes.reduce((sum, range) => sum + range.share, 0);
  for (let next = 0; next < total;) {
    next = Math.min(total, next + drawSize(sizes, shares, stream));
    firsts.push(next);
  }
  return firsts;
}

function drawSize(sizes: readonly SizeRange[], shares: number, stream: RandomStream): number {
  let at = stream.nextUnit() * shares;
  const within = stream.nextUnit();
  for (const range of sizes) {
    if (at < range.share) return range.min + Math.floor(within * (range.max - range.min + 1));
    at -= range.share;
  }
  return sizes[sizes.length - 1]!.max;
}

/** 0 … count − 1 in an order drawn by Fisher and Yates. */
function shuffled(count: number, stream: RandomStream): Int32Array {
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(stream.nextUnit() * (i + 1));
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}
