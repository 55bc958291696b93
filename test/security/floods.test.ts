// Floods against the real process: whoever floods is closed or kept out, those who behave well are served meanwhile, and afterwards nothing is
// left of it. Attackers stand at one address, the others at another. Asserted are progress, codes and memory, never times.

import { setTimeout as pause } from "node:timers/promises";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../parts/process.ts";
import { Fortress } from "./fortress.ts";
import { tokenFor } from "./guarded.ts";
import { ATTACKER, framed, Opcode, upgradeRequest, type Wire } from "./wire.ts";

const MIB = 1_024 * 1_024;
/** What a flood may leave behind once its garbage is collected: code that was compiled, buffers of sockets. */
const LEFT_MAX_BYTES = 8 * MIB;
/** What a process may have grown to at the height of a flood: 70 MB when it starts, and a young generation. */
const RSS_MAX_BYTES = 320 * MIB;
/** Longer than any flood here; it ends when its purpose is reached. */
const FLOOD_MS = 10_000;

let fortress: Fortress;
let usedBefore = 0;

beforeAll(async () => {
  fortress = await Fortress.start([
    "edge.authTimeout=2s",
    "edge.handshakeTimeout=1s",
    "edge.door.connectionsPerAddressMax=60",
  ]);
  await fortress.serves();
  await fortress.memory();
});
beforeEach(async () => {
  usedBefore = (await fortress.memory()).usedBytes;
});
afterEach(async () => {
  await fortress.empty();
  await fortress.serves();
  const { rss, usedBytes } = await fortress.memory();
  expect(usedBytes - usedBefore).toBeLessThan(LEFT_MAX_BYTES);
  expect(rss).toBeLessThan(RSS_MAX_BYTES);
  expect(fortress.part.output()).not.toMatch(/"level":"error"|Broken rule|Uncaught/);
});
afterAll(() => fortress.end());

const json = (frame: object): Buffer => framed(Opcode.text, JSON.stringify(frame));
const many = (bytes: Buffer, count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => bytes));

/** Sends the same until the server closes. */
async function flood(wire: Wire, chunk: Buffer): Promise<void> {
  const overMs = performance.now() + FLOOD_MS;
  while (!wire.hasEnded && performance.now() < overMs) {
    await wire.push(chunk);
    await pause(0);
  }
}

/** While `attack` goes on, pairs that behave well come, talk and go; returns how many. */
async function servedDuring(attack: () => Promise<unknown>): Promise<number> {
  let isOver = false;
  const attacking = attack().finally(() => (isOver = true));
  let served = 0;
  do {
    await fortress.serves();
    served++;
    await pause(20);
  } while (!isOver);
  await attacking;
  return served;
}

const resumeBody = { room: "den", token: `r1${"A".repeat(200)}`, session: "n.1.1", last: 0 };
const talk = { t: "message", id: 9, d: { x: 1 } };

const INSIDE: readonly (readonly [string, Buffer, number])[] = [
  ["messages without an id", many(json({ t: "message", d: { x: 1 } }), 200), 4429],
  ["the same message again", many(json(talk), 200), 4429],
  ["cursors", many(json({ t: "cursor", d: { x: 1 } }), 200), 4429],
  ["states", many(json({ t: "state", d: { hand: true } }), 200), 4429],
  ["speaking", many(json({ t: "speaking", d: { on: true } }), 200), 4429],
  ["pings", many(json({ t: "ping", d: { ts: 1 } }), 200), 4429],
  ["acknowledgements", many(json({ t: "ack", d: { s: 1 } }), 200), 4429],
  ["joins", many(json({ t: "join", id: 1, d: { room: "den", token: "x" } }), 200), 4429],
  ["resumes", many(json({ t: "resume", id: 1, d: resumeBody }), 200), 4429],
  ["unknown types", many(json({ t: "abracadabra", id: 1 }), 200), 4429],
  ["wrong members", many(json({ t: "offer", id: 1, to: 5 }), 200), 4429],
  ["pings of the WebSocket", many(framed(Opcode.ping, "x".repeat(125)), 200), 1006],
  ["pieces of one byte", pieces("x"), 4002],
  ["pieces of nothing", pieces(""), 4002],
];

function pieces(of: string): Buffer {
  return Buffer.concat([
    framed(Opcode.text, "{", false),
    many(framed(Opcode.more, of, false), 2_000),
  ]);
}

test.each(INSIDE)(
  "[DO3] [DO7] [ED18] a member who floods with %s is closed",
  async (_, chunk, code) => {
    const wire = await fortress.dial();
    await wire.join("den", tokenFor("den", "eve"));
    const peer = await fortress.dial({ from: "127.0.0.7" });
    await peer.join("den", tokenFor("den", "ann"));
    const served = await servedDuring(() => flood(wire, chunk));
    expect(served).toBeGreaterThan(0);
    expect(await wire.closed()).toBe(code);
    peer.send({ t: "ping", d: { ts: 7 } });
    await peer.heard(({ t, d }) => t === "pong" && d?.["ts"] === 7);
    expect(peer.hasEnded).toBe(false);
  },
);

test("[DO3] [DO7] strangers who flood are closed, with whatever they flood", async () => {
  const frames = [
    { t: "ping", d: { ts: 1 } },
    { t: "offer", id: 1, to: "ann", n: 1, d: { sdp: "v=0" } },
    { t: "resume", id: 1, d: resumeBody },
    { t: "abracadabra" },
  ];
  const served = await servedDuring(async () => {
    const wires = await Promise.all(frames.map(() => fortress.dial()));
    await Promise.all(wires.map((wire, i) => flood(wire, many(json(frames[i]!), 200))));
    expect(await Promise.all(wires.map((wire) => wire.closed()))).toEqual([4429, 4429, 4429, 4429]);
  });
  expect(served).toBeGreaterThan(0);
});

test("[ED4] [DO3] whoever does not read, and talks on after he was closed, is cut", async () => {
  const wires = await Promise.all([1, 2, 3, 4].map(() => fortress.dial()));
  for (const [i, wire] of wires.entries()) {
    await wire.join("den", tokenFor("den", `eve${i}`));
    wire.stopReading();
  }
  const chunk = many(json({ t: "ping", d: { ts: 1 } }), 2_000);
  const served = await servedDuring(() =>
    Promise.all(
      wires.map(async (wire) => {
        for (let i = 0; i < 400 && !wire.socket.destroyed; i++) {
          wire.raw(chunk);
          await pause(1);
        }
      }),
    ),
  );
  expect(served).toBeGreaterThan(0);
  await until("they are cut", async () => (await fortress.sockets()) === 0);
  expect(wires.every((wire) => wire.socket.destroyed)).toBe(true);
});

test("[DO1] [ED13] one address gets no more connections than it may have, the others theirs", async () => {
  const wires: Wire[] = [];
  const served = await servedDuring(async () => {
    for (let i = 0; i < 400; i++) wires.push(await fortress.dial());
  });
  expect(served).toBeGreaterThan(0);
  await until("they are told", () =>
    wires.every((wire) => wire.frames.length > 0 || wire.hasEnded),
  );
  const greeted = wires.filter((wire) => wire.frames[0]?.t === "hello").length;
  const busy = wires.filter((wire) => wire.frames[0]?.d?.["code"] === "busy").length;
  const refused = wires.filter((wire) => wire.answer.startsWith("HTTP/1.1 503")).length;
  expect(greeted + busy + refused).toBe(400);
  expect(greeted).toBeLessThanOrEqual(60 + 2 * 60); // Those who do not join are closed, and their places are free.
  expect(busy + refused).toBeGreaterThan(200);
});

test("[AU4] [DO1] joins with bad tokens without end: each is refused, the address is soon kept out", async () => {
  const forged = tokenFor("den", "eve", {}, "a key of an attacker that is no key of ours");
  const codes: Record<number, number> = {};
  const served = await servedDuring(async () => {
    for (let i = 0; i < 40; i++) {
      await Promise.all(
        [1, 2, 3, 4, 5, 6, 7, 8].map(async () => {
          const wire = await fortress.dial();
          if (wire.isUpgraded) await wire.join("den", forged).catch(() => {});
          const code = wire.isUpgraded ? await wire.closed() : 503;
          codes[code] = (codes[code] ?? 0) + 1;
        }),
      );
    }
  });
  expect(served).toBeGreaterThan(0);
  // Refused for the token, told that the address is busy, or not let in: never anything else.
  expect(["4010", "4100", "503"]).toEqual(expect.arrayContaining(Object.keys(codes)));
  expect(codes[4010]).toBeGreaterThan(0);
  expect(Object.values(codes).reduce((sum, count) => sum + count)).toBe(320);
});

/** A TCP connection that says `words`; collected, to be cut at the end. */
async function plain(words: string): Promise<Socket> {
  const { hostname: host, port } = new URL(fortress.url);
  const socket = connect({ host, port: Number(port), localAddress: ATTACKER });
  socket.on("error", () => {});
  socket.resume();
  await Promise.race([once(socket, "connect"), once(socket, "close")]);
  if (words !== "") socket.write(words);
  return socket;
}

test("[ED14] [ED15] silent, trickling and endless handshakes are cut, and cost nobody else his place", async () => {
  const request = upgradeRequest(new URL(fortress.url), {});
  const beginnings = [
    "",
    "G",
    "GET /v1/signal HTTP/1.1\r\nHost: x\r\nX-A: ",
    request.slice(0, -4),
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", // A TLS client that took the wrong door.
  ];
  const sockets: Socket[] = [];
  const served = await servedDuring(async () => {
    for (let i = 0; i < 300; i++) sockets.push(await plain(beginnings[i % beginnings.length]!));
    const trickle = setInterval(() => {
      for (const [i, socket] of sockets.entries()) {
        if (i % beginnings.length === 2 && socket.writable) socket.write("a");
      }
    }, 50);
    await until("all are cut", () => sockets.every((socket) => socket.destroyed), 20_000);
    clearInterval(trickle);
  });
  expect(served).toBeGreaterThan(0);
});

test("[ED10] [ED11] [ED14] upgrades without end that are none are answered and closed", async () => {
  const good = upgradeRequest(new URL(fortress.url), {});
  const bad = [
    good.replace("Upgrade: websocket", "Upgrade: h2c"),
    good.replace("Version: 13", "Version: 99"),
    good.replace(/Sec-WebSocket-Key: .*/, "Sec-WebSocket-Key: short"),
    good.replace("GET /v1/signal", "GET /v1/../etc/passwd"),
    good.replace("GET /v1/signal", "GET http://other/v1/signal/x"),
    good.replace("Host:", `X-Large: ${"x".repeat(20_000)}\r\nHost:`),
    good.replace("Host:", `${"X-Many: x\r\n".repeat(2_500)}Host:`),
    "GET /v1/signal HTTP/9.9\r\n\r\n",
    "\x00\x01\x02\r\n\r\n",
  ];
  const served = await servedDuring(async () => {
    for (let i = 0; i < 40; i++) {
      const sockets = await Promise.all(bad.map((words) => plain(words)));
      await until("all are closed", () => sockets.every((socket) => socket.destroyed));
    }
    const other = await fortress.dial({ protocol: "chat" });
    expect(await other.closed()).toBe(4003);
  });
  expect(served).toBeGreaterThan(0);
  expect(await fortress.sockets()).toBe(0);
});
