// Clients that stop reading while their room talks: merged, dropped or closed, in bounded memory, and nobody else notices.

import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../parts/process.ts";
import { Fortress } from "./fortress.ts";
import { tokenFor } from "./guarded.ts";
import { framed, Opcode, type Wire } from "./wire.ts";

const MIB = 1_024 * 1_024;
const SLOW = 8;
/** 8 × hard, the ceiling of one client's backlog (SPEC TB13), and as much again for what is counted late. */
const HELD_MAX_BYTES = SLOW * 8 * MIB;

let fortress: Fortress;

beforeAll(async () => {
  const plenty = ["connection.rate=5000/s", "connection.burst=5000", "room.deliveries=1000000/s"];
  plenty.push("room.burst=1000000", "node.deliveries=1000000/s", "node.burst=1000000");
  fortress = await Fortress.start([
    ...plenty.map((budget) => `cluster.budgets.${budget}`),
    "cluster.outbound.hard=256KiB",
  ]);
  await fortress.serves();
});
afterAll(() => fortress.end());
afterEach(async () => {
  await fortress.empty();
  await fortress.serves();
});

let before: number;
beforeEach(async () => {
  before = (await fortress.memory()).usedBytes;
});

async function member(room: string, name: string): Promise<Wire> {
  const wire = await fortress.dial();
  expect((await wire.join(room, tokenFor(room, name))).t).toBe("joined");
  return wire;
}

async function counted(metric: RegExp): Promise<number> {
  const values = [...(await fortress.metrics()).matchAll(metric)].map(([, value]) => Number(value));
  return values.reduce((sum, value) => sum + value, 0);
}

/** Says so much, as fast as the attentive reader hears it. */
async function talk(
  from: Wire,
  reader: Wire,
  kind: string,
  isEnough: (said: number) => Promise<boolean>,
  d: (said: number) => object,
): Promise<number> {
  let said = 0;
  while (!(await isEnough(said))) {
    const batch = Array.from({ length: 50 }, () => {
      const frame = { t: kind, d: d(++said) };
      return framed(Opcode.text, JSON.stringify(frame));
    });
    await from.push(Buffer.concat(batch));
    const ts = said;
    reader.send({ t: "ping", d: { ts } });
    await reader.heard(
      ({ t, d: body }) => t === "pong" && body?.["ts"] === ts,
      reader.frames.length - 5,
    );
    await pause(1);
  }
  return said;
}

test("[TB10] [TB13] who reads nothing of what is critical is closed with 4408; the others miss nothing", async () => {
  const talker = await member("hall", "talker");
  const reader = await member("hall", "reader");
  const slow = await Promise.all(
    Array.from({ length: SLOW }, (_, i) => member("hall", `slow${i}`)),
  );
  for (const wire of slow) wire.stopReading();
  const closed = /^stormglass_sockets_closed_total\{.*code="4408".*\} (\d+)$/gm;
  let heldMost = 0;
  const text = "x".repeat(8_000);
  const said = await talk(
    talker,
    reader,
    "message",
    async (count) => {
      if (count % 400 === 0) {
        heldMost = Math.max(heldMost, (await fortress.memory()).usedBytes - before);
        await fortress.serves();
      }
      return count >= 20_000 || (await counted(closed)) === SLOW;
    },
    () => ({ text }),
  );
  expect(await counted(closed)).toBe(SLOW);
  expect(heldMost).toBeGreaterThan(MIB); // They were slow indeed,
  expect(heldMost).toBeLessThan(HELD_MAX_BYTES); // and what waited for them had a bound.
  await until(
    "the last message is heard",
    () =>
      reader.frames.some(({ d }) => d !== undefined) &&
      reader.frames.filter(({ t }) => t === "message").length === said,
  );
  const numbers = reader.frames.flatMap(({ s }) => (s === undefined ? [] : [s]));
  expect(numbers).toEqual(numbers.map((_, i) => i + numbers[0]!));
  expect([talker.hasEnded, reader.hasEnded]).toEqual([false, false]);
});

test("[TB11] [TB12] [TB14] who reads nothing of what may be lost is kept, in little memory, and finds the last values", async () => {
  const talker = await member("yard", "talker");
  const reader = await member("yard", "reader");
  const slow = await Promise.all(
    Array.from({ length: SLOW }, (_, i) => member("yard", `slow${i}`)),
  );
  for (const wire of slow) wire.stopReading();
  const dropped = /^rtc_room_updates_dropped_total\{.*scope="outbound".*\} (\d+)$/gm;
  const droppedBefore = await counted(dropped);
  const text = "x".repeat(900);
  let heldMost = 0;
  const measure = async (): Promise<void> => {
    heldMost = Math.max(heldMost, (await fortress.memory()).usedBytes - before);
  };
  await talk(
    talker,
    reader,
    "cursor",
    async (count) => {
      if (count % 2_000 === 0) await measure();
      return count >= 60_000 || (await counted(dropped)) - droppedBefore > 1_000;
    },
    () => ({ text }),
  );
  const said = await talk(
    talker,
    reader,
    "state",
    (count) => Promise.resolve(count >= 1_000),
    (count) => ({ [`k${count % 3}`]: count }),
  );
  await measure();
  expect((await counted(dropped)) - droppedBefore).toBeGreaterThan(1_000);
  expect(heldMost).toBeLessThan(SLOW * MIB);
  expect(slow.map(({ hasEnded }) => hasEnded)).toEqual(slow.map(() => false));

  const last = [said - 2, said - 1, said].map((count) => [`k${count % 3}`, count] as const);
  for (const wire of slow) {
    wire.readOn();
    for (const [key, value] of last) {
      await wire.heard(({ t, d }) => t === "state" && d?.[key] === value);
    }
    const told = await wire.heard(({ t }) => t === "throttled");
    expect(told.d).toMatchObject({ scope: "queue", level: expect.any(Number) as number });
    expect(wire.hasEnded).toBe(false);
  }
});
