// Nobody ever receives a frame of another room: random histories of many rooms on real sockets, every word marked with its room.

import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../../live/server.ts";
import { settingsWith } from "../../live/settings-schema.ts";
import { silentLog } from "../../live/operations/log.ts";
import type { RawFrame } from "../parts/raw-client.ts";
import { SECRET, tokenFor } from "./guarded.ts";
import { fuzzing } from "./strange-frames.ts";
import { Wire } from "./wire.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };
const ROOMS = 6;
const PEOPLE = 4;

let server: RunningServer;
let histories = 0;

beforeAll(async () => {
  const door = { handshakes: { perSec: 1e5, burst: 100_000 }, connectionsPerAddressMax: 5_000 };
  const settings = settingsWith({
    operations: LOOPBACK,
    jwt: { secret: SECRET },
    edge: { ...LOOPBACK, door, admission: { joinsPerSec: 1e4, resumesPerSec: 1e4, burst: 10_000 } },
    node: { maxConnections: 10_000, admission: { perSec: 1e4, burst: 10_000 } },
    cluster: { sessions: { reconnectingNoticeMs: 20, presenceGraceMs: 60, resumeWindowMs: 200 } },
  });
  server = await startServer(settings, { log: silentLog });
});
afterAll(() => server.stop());

const WORDS = [
  "message",
  "offer",
  "candidate",
  "state",
  "speaking",
  "cursor",
  "app-volatile",
] as const;
const step = fc.record({
  room: fc.nat(ROOMS - 1),
  who: fc.nat(PEOPLE - 1),
  /** Whom he tries to reach: by the name of somebody of any room. */
  to: fc.record({ room: fc.nat(ROOMS - 1), who: fc.nat(PEOPLE - 1) }),
  does: fc.oneof(
    { weight: 3, arbitrary: fc.constant("join" as const) },
    { weight: 8, arbitrary: fc.constantFrom(...WORDS) },
    { weight: 1, arbitrary: fc.constantFrom("leave", "cut", "resume", "resume elsewhere", "kick") },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One person: at most one socket at a time, and all sockets that were. */
class Person {
  readonly wires: Wire[] = [];
  readonly room: string;
  readonly id: string;
  readonly mark: string;
  joined: RawFrame | undefined;
  #id = 1;

  constructor(room: string, who: number) {
    this.room = room;
    this.id = `p${who}.of.${room}`; // Names tell the room, so that a name of another room gives a leak away.
    this.mark = `<${room}>`;
  }

  get wire(): Wire | undefined {
    const wire = this.wires.at(-1);
    return wire === undefined || wire.hasEnded ? undefined : wire;
  }

  async dial(): Promise<Wire> {
    const wire = await Wire.dial(server.edge!.url);
    this.wires.push(wire);
    return wire;
  }

  async join(): Promise<void> {
    const wire = await this.dial();
    wire.send({
      t: "join",
      id: 1,
      d: { room: this.room, token: tokenFor(this.room, this.id), name: this.mark, meta: this.mark },
    });
    this.joined = await wire.heard(({ t }) => t === "joined");
  }

  async resume(room: string): Promise<void> {
    if (this.joined === undefined) return;
    const { session, resume } = this.joined.d as { session: string; resume: { token: string } };
    const wire = await this.dial();
    await wire.resume({ room, session, token: resume.token, last: 0 });
  }

  say(t: string, to: string): void {
    const id = ++this.#id;
    const mark = this.mark;
    const bodies: Readonly<Record<string, object>> = {
      message: { d: { mark }, ...(id % 2 === 0 ? { to } : {}) },
      offer: { d: { sdp: mark }, to, n: id },
      candidate: { d: { list: [{ candidate: mark }] }, to, n: id },
      state: { d: { [`k${id % 3}`]: mark } },
      speaking: { d: { on: id % 2 === 0, level: 0.5 } },
    };
    this.wire?.send({ t, id, ...(bodies[t] ?? { d: { mark } }) });
  }
}

async function perform(people: readonly (readonly Person[])[], { room, who, to, does }: Step) {
  const person = people[room]![who]!;
  const target = people[to.room]![to.who]!;
  if (does === "join") await person.join();
  else if (does === "leave") person.wire?.send({ t: "leave" });
  else if (does === "cut") person.wire?.cut();
  else if (does === "resume") await person.resume(person.room);
  else if (does === "resume elsewhere") await person.resume(target.room);
  else if (does === "kick") {
    server.node!.driver.tell((core, nowMs) => core.kickAsked(person.room, person.id, nowMs));
  } else person.say(does, target.id);
}

/** What is still under way is heard: each that is connected is answered a last ping. */
async function settle(people: readonly Person[]): Promise<void> {
  for (const round of [1, 2]) {
    const ts = 1e6 * round + histories;
    for (const { wire } of people) wire?.send({ t: "ping", d: { ts } });
    for (const { wire } of people) {
      await wire?.heard(({ t, d }) => t === "pong" && d?.["ts"] === ts).catch(() => {}); // Closed meanwhile.
    }
    await new Promise((resolve) => setTimeout(resolve, 60)); // Slots of coalesced states.
  }
}

test(
  "[RM1] nobody hears, sees or reaches anybody of another room, whatever happens",
  { timeout: 600_000 },
  async () => {
    let heard = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 160 }), async (steps) => {
        const history = ++histories;
        const people = Array.from({ length: ROOMS }, (_, room) =>
          Array.from({ length: PEOPLE }, (_, who) => new Person(`h${history}.r${room}`, who)),
        );
        const all = people.flat();
        for (const person of all.filter((_, i) => i % 2 === 0)) await person.join();
        for (const one of steps) await perform(people, one);
        await settle(all);
        for (const { room, wires } of all) {
          for (const wire of wires) {
            const words = JSON.stringify(wire.frames);
            const rooms = new Set(words.match(/h\d+\.r\d+/g) ?? []);
            rooms.delete(room);
            expect([room, [...rooms]]).toEqual([room, []]);
            heard += wire.frames.filter(({ from }) => from !== undefined).length;
            wire.cut();
          }
        }
      }),
      { ...fuzzing("histories of rooms", 12), endOnFailure: true },
    );
    expect(heard).toBeGreaterThan(histories * 20); // There was something to leak.
  },
);
