// What people do in a call: take turns at speaking, mute and unmute, write messages.
//
// Speaking is per room (one person at a time, the next after an exponential turn), the rest per client. Each consumer has
// its own stream, so that a noisier room shifts nobody else's habits.

import { Kind } from "../../core/protocol/message.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { unitExponential } from "../engine/elementary.ts";
import { StreamColumn } from "../engine/random.ts";
import type { Simulation } from "../engine/simulation.ts";
import type { ClientWorld } from "./client-world.ts";
import { EventKind } from "./kinds.ts";
import type { Population } from "./population.ts";

/** `b` of `clientHabit`. */
export const Habit = { mute: 0, message: 1, quality: 2, leave: 3, flap: 4, back: 5 } as const;

/** Frame sizes, bytes. Assumed: the envelope of the protocol and a short body. */
const SPEAKING_BYTES = 60;
const MUTE_BYTES = 80;
const MESSAGE_BYTES = 250;
const QUALITY_BYTES = 90;
const HOUR_MS = 3_600_000;

export class Activity {
  readonly #sim: Simulation;
  readonly #world: ClientWorld;
  readonly #population: Population;
  readonly #everyUs: readonly number[];
  readonly #turnUs: number;
  readonly #talkingRatio: number;
  readonly #draws: StreamColumn;
  readonly #roomDraws: StreamColumn;
  /** Who speaks, by room; -1 for nobody. */
  readonly #speaker: Int32Array;
  readonly #isMuted: Uint8Array;
  readonly #outageUs: (draw: number) => number;
  isOver = false;

  constructor(
    scenario: Scenario,
    seed: number,
    sim: Simulation,
    world: ClientWorld,
    population: Population,
    outageUs: (draw: number) => number,
  ) {
    const { activity, leaves, flaps } = scenario.clients;
    this.#sim = sim;
    this.#world = world;
    this.#population = population;
    this.#outageUs = outageUs;
    this.#turnUs = activity.turnMeanMs * 1_000;
    this.#talkingRatio = activity.talkingRoomRatio;
    const hourly = (perHour: number): number => (perHour > 0 ? HOUR_MS / perHour : Infinity);
    this.#everyUs = [
      activity.muteEveryMs,
      hourly(activity.messagesPerHour),
      activity.qualityEveryMs,
      leaves.meanDurationMs,
      hourly(flaps.perClientPerHour),
    ].map((ms) => ms * 1_000);
    this.#draws = new StreamColumn(seed, "client habits", population.total);
    this.#roomDraws = new StreamColumn(seed, "room turns", population.roomCount);
    this.#speaker = new Int32Array(population.roomCount).fill(-1);
    this.#isMuted = new Uint8Array(population.total);
  }

  /** Habits begin when the client arrives; a room's conversation, with its first member. */
  begin(client: number): void {
    for (let habit = 0; habit < this.#everyUs.length; habit++) this.#again(client, habit);
    const room = this.#population.roomOf[client]!;
    if (this.#speaker[room] !== -1 || this.#population.sizeOf(room) < 2) return;
    this.#speaker[room] = -2; // Begun; nobody speaks yet.
    if (this.#roomDraws.nextUnit(room) < this.#talkingRatio) this.#nextTurn(room);
  }

  #again(client: number, habit: number): void {
    const meanUs = this.#everyUs[habit]!;
    if (meanUs === Infinity) return;
    const afterUs = Math.round(meanUs * unitExponential(this.#draws.nextUint32(client)));
    this.#sim.schedule(afterUs, EventKind.clientHabit, client, habit);
  }

  habit(client: number, habit: number): void {
    if (this.isOver) return;
    switch (habit) {
      case Habit.mute:
        this.#isMuted[client] = 1 - this.#isMuted[client]!;
        this.#world.offer(client, Kind.state, "mute", MUTE_BYTES, MUTES[this.#isMuted[client]!]);
        break;
      case Habit.message:
        this.#world.offer(client, Kind.message, "", MESSAGE_BYTES);
        break;
      case Habit.quality:
        this.#world.offer(client, Kind.quality, "", QUALITY_BYTES);
        break;
      case Habit.leave:
        this.#world.leaves(client);
        return;
      case Habit.flap: {
        const forUs = this.#outageUs(this.#draws.nextUint32(client));
        if (this.#world.goesOffline(client, forUs)) {
          this.#sim.schedule(forUs, EventKind.clientHabit, client, Habit.back);
        }
        break;
      }
      default:
        this.#world.comesOnline(client);
        return;
    }
    this.#again(client, habit);
  }

  #nextTurn(room: number): void {
    const afterUs = Math.round(this.#turnUs * unitExponential(this.#roomDraws.nextUint32(room)));
    this.#sim.schedule(afterUs, EventKind.roomTurn, room, 0);
  }

  /** Whoever speaks stops, and somebody else begins. */
  turn(room: number): void {
    if (this.isOver) return;
    const before = this.#speaker[room]!;
    if (before >= 0) this.#world.offer(before, Kind.speaking, "", SPEAKING_BYTES, SPEAKS_NOT);
    const first = this.#population.firstOf[room]!;
    const at = Math.floor(this.#roomDraws.nextUnit(room) * this.#population.sizeOf(room));
    const next = first + at;
    this.#speaker[room] = this.#world.isLive(next) ? next : -2;
    if (this.#speaker[room] === next) {
      this.#world.offer(next, Kind.speaking, "", SPEAKING_BYTES, SPEAKS);
    }
    this.#nextTurn(room);
  }
}

const SPEAKS = { on: true, level: 1 };
const SPEAKS_NOT = { on: false, level: 0 };
const MUTES: readonly object[] = [{ audio: false }, { audio: true }];
