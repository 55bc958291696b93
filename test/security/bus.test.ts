// A bus on which somebody else speaks too: what is malformed is ignored, what is well formed and false never ends a process, and when he
// falls silent the cluster finds itself again. (Who may publish there may take nodes from the cluster: it needs credentials.)

import fc from "fast-check";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeBusMessage, encodeBusMessage } from "../../live/bus/bus-codec.ts";
import type { BusMessage } from "../../core/trunk.ts";
import { anyBusMessage } from "../parts/bus-messages.ts";
import { hasNats, type NatsServer, startNats } from "../parts/nats.ts";
import { until } from "../parts/process.ts";
import { guarded, type Guarded, honestPairTalks, tokenFor } from "./guarded.ts";
import { fuzzing } from "./strange-frames.ts";

const LEASE_MS = 300;
/** Names that matter to the cluster under attack. */
const names = fc.constantFrom("stormglass", "stormglass-edge", "n9", "e9");
const rooms = fc.constantFrom("den", "attic");
const lives = fc.oneof(
  fc.constantFrom(0, 1, -1, Number.MAX_SAFE_INTEGER),
  fc.integer({ min: Date.now() - 1e6, max: Date.now() + 1e6 }),
);

let nats: NatsServer;
let stranger: NatsConnection;

beforeAll(async () => {
  if (!hasNats) return;
  nats = await startNats();
  stranger = await connect({ servers: [nats.url] });
});
afterAll(async () => {
  await stranger?.close();
  await nats?.dispose();
});

async function attacked(): Promise<Guarded> {
  const at = await guarded({
    bus: { url: [nats.url] },
    node: { trunk: { host: "127.0.0.1", port: 0 } },
    cluster: { beats: { everyMs: 50, leaseMs: LEASE_MS } },
  });
  await until("the bus is up", () => at.logText().split("the bus is up").length > 2);
  return at;
}

const SUBJECTS = ["cluster", "node.stormglass", "node.stormglass-edge"];
function shout(payload: string | Uint8Array): void {
  for (const subject of SUBJECTS) stranger.publish(`stormglass.v1.stormglass.${subject}`, payload);
}

/** Ids, rooms and lives replaced by such that are in use. */
const aimed = fc
  .tuple(anyBusMessage, names, rooms, lives, fc.boolean())
  .map(([message, name, room, life, isRaw]): BusMessage => {
    if (isRaw) return message;
    const swap = (key: string, value: unknown): unknown => {
      if (["nodeId", "edgeId", "by", "lostNodeId"].includes(key)) return name;
      if (key === "roomId") return room;
      if (key === "incarnation") return life;
      return value;
    };
    return walked(message, swap) as BusMessage;
  });

function walked(value: unknown, swap: (key: string, value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => walked(item, swap));
  if (typeof value !== "object" || value === null) return value;
  const { constructor } = value;
  if (constructor !== Object) return value; // A Message is what it is.
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, walked(swap(key, member), swap)]),
  );
}

test.skipIf(!hasNats)(
  "[NB5] what is malformed on the bus is ignored, however it is broken or large",
  async () => {
    const at = await attacked();
    const [ann, ben] = [await at.dial(), await at.dial()];
    await ann.join("den", tokenFor("den", "ann"));
    await ben.join("den", tokenFor("den", "ben"));
    const beat = { type: "beat", beat: { nodeId: "stormglass", incarnation: 1e300 } };
    const wrap = (m: unknown, from: unknown = "n9", v: unknown = 1): string =>
      JSON.stringify({ v, from, m });
    const many = Array.from({ length: 20_000 }, () => ({ roomId: "x y", size: 1 }));
    const broken: (string | Uint8Array)[] = [
      "",
      "{",
      "null",
      "[]",
      wrap(beat),
      wrap(beat, "../n9"),
      wrap({ type: "beat", beat: null }),
      wrap({ type: "__proto__" }),
      wrap({ type: "constructor", edgeId: "x" }),
      wrap({ type: ["beat"] }),
      wrap({ type: "hosts", roomId: "den", hosts: "n9", closedBy: "" }),
      wrap({ type: "orphans", rooms: [{ roomId: "den", participants: [{}], sessionIds: [] }] }),
      wrap({ type: "announce", nodeId: "n9", incarnation: 1, rooms: many }),
      wrap({ type: "update", roomId: "den", nodeId: "n9", incarnation: 1, u: 1, message: [99] }),
      `{"v":1,"from":"n9","m":${"[".repeat(50_000)}`,
      `{"v":1,"from":"n9","m":{"type":"hosts","__proto__":{"roomId":"den"}}}`,
      "x".repeat(900_000),
      new Uint8Array([0xff, 0xfe, 0xc0, 0x80]),
      wrap({ type: "snapshot-wanted", roomId: "den", by: "n9" }, "n9", 2),
    ];
    const before = at.server.node!.driver.core.context.view.epoch;
    fc.assert(
      fc.property(fc.json(), fc.nat(300), (text, cut) => {
        shout(text);
        shout(wrap(text).slice(0, cut));
      }),
      fuzzing("malformed bus messages", 200),
    );
    for (const payload of broken) shout(payload);
    await stranger.flush();
    await honestPairTalks(at.url);
    const { view } = at.server.node!.driver.core.context;
    expect(view.epoch).toBe(before);
    expect(view.serving.map(({ nodeId }) => nodeId)).toEqual(["stormglass"]);
    ann.send({ t: "message", id: 2, to: "ben", d: { x: 1 } });
    await ben.heard(({ t }) => t === "message");
    expect(ben.frames.filter(({ t }) => t.startsWith("participant"))).toEqual([]);
    expect(at.logText()).not.toMatch(/"level":"error"/);
  },
);

/** Tells these lies, while clients come. */
async function lie(at: Guarded, lies: readonly (readonly [BusMessage, string])[]): Promise<void> {
  for (const [i, [message, from]] of lies.entries()) {
    const trunkUrl = i % 2 === 0 ? "" : "ws://127.0.0.1:1/x";
    shout(encodeBusMessage(message, { id: from, trunkUrl }));
    if (i % 20 !== 0) continue;
    const wire = await at.dial();
    wire.send({ t: "join", id: 1, d: { room: "den", token: tokenFor("den", `p${i}`) } });
    await stranger.flush();
  }
  await stranger.flush();
  const live = await fetch(`http://127.0.0.1:${at.server.operationsPort}/livez`);
  expect(live.status).toBe(200);
  expect(at.server.phase).toBe("running");
  expect(at.logText()).not.toMatch(/Broken rule/);
}

test.skipIf(!hasNats)(
  "[NB5] [PL3] well-formed lies of a stranger end no process, and the cluster comes back when he is silent",
  { timeout: 600_000 },
  async () => {
    const at = await attacked();
    const some = fuzzing("lies on the bus", 400);
    const lies = fc.sample(fc.tuple(aimed, names), some);
    const many = Array.from({ length: 12_000 }, (_, i) => ({ roomId: `r${i}`, size: 1 }));
    const rooms: BusMessage = { type: "announce", nodeId: "n9", incarnation: 1, rooms: many };
    await lie(at, [...lies.filter(([{ type }]) => type !== "orphans"), [rooms, "n9"]]);
    let last = "";
    const isServed = (): Promise<boolean> =>
      honestPairTalks(at.url).then(
        () => true,
        (error: unknown) => {
          last = String(error);
          return false;
        },
      );
    await until("those who behave well are served again", isServed, 60_000).catch(
      (error: unknown) => {
        throw new Error(`${String(error)} ${last}`);
      },
    );
  },
);

test.skipIf(!hasNats)(
  "[PL7] [PL8] rooms full of people who do not exist are counted in numbers, and clients are answered",
  async () => {
    const at = await attacked();
    const orphans = fc.tuple(
      aimed.filter(({ type }) => type === "orphans"),
      names,
    );
    await lie(at, fc.sample(orphans, fuzzing("orphans of nobody", 60)));
    const { core } = at.server.node!.driver;
    const beat = core.beatNow();
    expect(Number.isFinite(beat.committedLoad)).toBe(true);
    const text = encodeBusMessage({ type: "beat", beat }, { id: "n", trunkUrl: "" });
    expect(decodeBusMessage(text)?.message).toEqual({ type: "beat", beat });
    const wire = await at.dial();
    const answer = await wire.join("den", tokenFor("den", "ann"));
    if (answer.t === "error") {
      expect(answer.d).toMatchObject({ code: "busy", retry: true });
      expect(answer.d!["retryAfterMs"]).toBeGreaterThan(0);
    }
    wire.send({ t: "ping", d: { ts: 1 } });
    await wire.heard(({ t }) => t === "pong");
  },
);
