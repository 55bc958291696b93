// Frames that break the rules, on real sockets: the answer, the close code, and a server that goes on for everybody else.

import { afterEach, beforeEach, expect, test } from "vitest";
import { guarded, type Guarded, honestPairTalks, tokenFor } from "./guarded.ts";
import { framed, Opcode, type Wire } from "./wire.ts";

let at: Guarded;

beforeEach(async () => {
  at = await guarded({ edge: { authTimeoutMs: 2_000 } });
});

/** Whatever was done to it. */
afterEach(async () => {
  await honestPairTalks(at.url);
  expect(at.logText()).not.toMatch(/"level":"error"/);
});

let names = 0;
async function member(room = "den", name = `m${++names}`): Promise<Wire> {
  const wire = await at.dial();
  expect(await wire.join(room, tokenFor(room, name))).toMatchObject({ t: "joined" });
  return wire;
}

/** Sends each to a connection of its own, outside and inside, and says with what it was closed. */
async function closes(frames: Readonly<Record<string, Buffer>>): Promise<Record<string, number[]>> {
  const codes: Record<string, number[]> = {};
  for (const [what, bytes] of Object.entries(frames)) {
    codes[what] = [];
    for (const wire of [await at.dial(), await member()]) {
      wire.raw(bytes);
      codes[what]!.push(await wire.closed());
    }
  }
  return codes;
}

/** All of them the same codes. */
const all = (frames: object, ...codes: readonly number[]): Record<string, readonly number[]> =>
  Object.fromEntries(Object.keys(frames).map((what) => [what, codes]));

const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const text = (words: string | Buffer): Buffer => framed(Opcode.text, words);

test("[CN2] [ED5] what is no frame ends the connection with 4001, outside and inside", async () => {
  const frames = {
    "no JSON": text("hello"),
    empty: text(""),
    "cut short": text('{"t":"ping"'),
    "two at once": text('{"t":"ping"}{"t":"ping"}'),
    "a list": text("[]"),
    null: text("null"),
    "t is a number": text('{"t":7}'),
    "t is a list": text('{"t":["ping"]}'),
    "no t": text("{}"),
    "a BOM in front": text('\ufeff{"t":"ping"}'),
    "33 deep": text(`{"t":"message","d":{"x":${deep(31)}}}`),
    "2,000 deep": text(`{"t":"message","d":{"x":${deep(1_900)}}}`),
    binary: framed(Opcode.binary, '{"t":"ping"}'),
    "invalid UTF-8": text(Buffer.from('{"t":"\xc3\x28"}', "latin1")),
    "overlong UTF-8": text(Buffer.from([0x7b, 0xc0, 0xa2, 0x7d])),
    "a surrogate in UTF-8": text(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])),
  };
  expect(await closes(frames)).toEqual(all(frames, 4001, 4001));
});

test("[CN3] [DO6] [ED5] oversized frames end it with 4002: ours outside, the WebSocket layer's inside", async () => {
  const frames = {
    "4 KiB and one, outside": text(`{"t":"ping","x":"${"x".repeat(4_096)}"}`),
  };
  const outside = await at.dial();
  outside.raw(frames["4 KiB and one, outside"]);
  expect(await outside.closed()).toBe(4002);
  const inside = await member();
  inside.raw(frames["4 KiB and one, outside"]);
  inside.send({ t: "ping", d: { ts: 1 } });
  await inside.heard(({ t }) => t === "pong");

  const large = { "64 KiB and one": text(`{"t":"ping","x":"${"x".repeat(65_536)}"}`) };
  expect(await closes(large)).toEqual(all(large, 4002, 4002));
  const claimed = {
    "2^40 bytes, of which none come": Buffer.from("81ff000001000000000000000000", "hex"),
  };
  expect(await closes(claimed)).toEqual(all(claimed, 4002, 4002));
  const impossible = { "more than 2^53 bytes": Buffer.from("81ff7fffffffffffffff00000000", "hex") };
  expect(await closes(impossible)).toEqual(all(impossible, 4002, 4002));
});

test("[ED3] [ED5] frames that break WebSocket itself end it, and are told to core once", async () => {
  const ping = '{"t":"ping"}';
  const frames = {
    "not masked": framed(Opcode.text, ping, true, false),
    "a reserved bit": Buffer.concat([Buffer.from([0xc1]), framed(Opcode.text, ping).subarray(1)]),
    "a reserved opcode": framed(3, ping),
    "a continuation of nothing": framed(Opcode.more, ping),
    "a text within a message": Buffer.concat([framed(Opcode.text, "{", false), text(ping)]),
    "a long ping": framed(Opcode.ping, "x".repeat(126)),
    "a ping in pieces": framed(Opcode.ping, "x", false),
    "a close of one byte": framed(Opcode.close, "x"),
    "a close with a forbidden code": framed(Opcode.close, Buffer.from([0x03, 0xed])),
  };
  const codes = await closes(frames);
  expect(codes).toEqual(all(frames, 1002, 1002));
  expect(at.server.edge!.driver.socketCount).toBe(0);
});

test("[CN4] [CN5] [CN6] what is only wrong is answered with its path, and the connection stays", async () => {
  const wire = await member();
  const peer = await member();
  const asked: readonly (readonly [string, string, string?])[] = [
    ['{"t":"joined","id":2}', "unknown_type", "t"],
    ['{"t":"__proto__","id":3}', "unknown_type", "t"],
    ['{"t":"constructor","id":4}', "unknown_type", "t"],
    ['{"t":"toString","id":5}', "unknown_type", "t"],
    ['{"t":"message","id":6,"d":{"__proto__":{"admin":true}}}', "bad_request", "d"],
    ['{"t":"state","id":7,"d":{"__proto__":1}}', "bad_request", "d"],
  ];
  for (const [frame, code, field] of asked) {
    const before = wire.frames.length;
    wire.send(frame);
    const { d } = await wire.heard(({ t }) => t === "error", before);
    expect([frame, d]).toMatchObject([frame, { code, field }]);
  }
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
  expect(peer.frames.some(({ t }) => t === "message")).toBe(false);
});

test("[CN4] numbers out of range, half pairs and wrong recipients are answered, never passed on", async () => {
  const asked: readonly (readonly [string, string])[] = [
    ['{"t":"message","id":1e999,"d":{}}', "bad_request"],
    ['{"t":"message","id":-1,"d":{}}', "bad_request"],
    ['{"t":"message","id":2147483648,"d":{}}', "bad_request"],
    ['{"t":"message","id":1.5,"d":{}}', "bad_request"],
    ['{"t":"message","id":"7","d":{}}', "bad_request"],
    ['{"t":"offer","id":7,"to":"x","n":9007199254740993,"d":{"sdp":"v=0"}}', "bad_request"],
    ['{"t":"offer","id":7,"to":"a\\u0000b","n":1,"d":{"sdp":"v=0"}}', "bad_request"],
    ['{"t":"offer","id":7,"to":["x"],"n":1,"d":{"sdp":"v=0"}}', "bad_request"],
    ['{"t":"offer","id":7,"to":"__proto__","n":1,"d":{"sdp":"v=0"}}', "no_such_peer"],
    ['{"t":"offer","id":8,"to":"constructor","n":1,"d":{"sdp":"v=0"}}', "no_such_peer"],
    ['{"t":"message","id":9,"d":[]}', "bad_request"],
    ['{"t":"state","id":10,"d":{"a":1,"b":2}}', "bad_request"],
  ];
  for (const [frame, code] of asked) {
    const wire = await member();
    wire.send(frame);
    const answer = await wire.heard(({ t }) => t === "error");
    expect([frame, answer.d?.["code"]]).toEqual([frame, code]);
    wire.cut();
  }
  const stranger = await at.dial();
  const name = "\ud83d";
  stranger.send(JSON.stringify({ t: "join", id: 1, d: { room: "den", token: "x", name } }));
  expect((await stranger.heard(({ t }) => t === "error")).d).toMatchObject({
    code: "bad_request",
    field: "d.name",
  });
});

test("[CN3] [RM1] many keys, duplicate keys and half pairs cross as JSON has them, or not at all", async () => {
  const wire = await member("hall", "ann");
  const peer = await member("hall", "ben");
  const keys = Array.from({ length: 5_000 }, (_, i) => `"k${i}":0`).join(",");
  wire.send(`{"t":"message","id":2,"d":{${keys}}}`);
  expect((await wire.heard(({ re }) => re === 2)).d).toMatchObject({ code: "too_large" });
  wire.send('{"t":"message","id":3,"d":{"a":1},"id":4,"d":{"a":2,"a":3},"x":{"y":"\\ud83d"}}');
  await wire.heard(({ re, t }) => re === 4 && t === "ok");
  wire.send(
    '{"t":"message","id":5,"d":{"half":"\\ud83d","n":1e400,"deep":{"constructor":{"prototype":{"p":1}}}}}',
  );
  await wire.heard(({ re, t }) => re === 5 && t === "ok");
  const said = peer.frames.filter(({ t }) => t === "message").map(({ d }) => d);
  expect(said).toEqual([
    { a: 3 },
    { half: "\ud83d", n: null, deep: { constructor: { prototype: { p: 1 } } } },
  ]);
  expect(({} as { p?: number }).p).toBeUndefined();
});

test("[CN10] [AD8] before it is in, a client is told so and closed in time; a second join is a duplicate", async () => {
  const stranger = await at.dial();
  stranger.send({ t: "offer", id: 5, to: "ann", n: 1, d: { sdp: "v=0" } });
  stranger.send({ t: "state", d: { hand: true } });
  stranger.send({ t: "ping", d: { ts: 1 } });
  expect((await stranger.heard(({ re }) => re === 5)).d).toMatchObject({ code: "not_joined" });
  await stranger.heard(({ t }) => t === "pong");
  expect(await stranger.closed()).toBe(4110);

  const wire = await member("den", "ann");
  const other = tokenFor("other", "ann");
  for (const room of ["den", "other"]) {
    const before = wire.frames.length;
    wire.send({ t: "join", id: 9, d: { room, token: other } });
    const answer = await wire.heard(({ t }) => t === "error", before);
    expect(answer).toMatchObject({ re: 9, d: { code: "duplicate" } });
  }
  expect(at.server.node!.driver.core.context.roomOf("other")).toBeUndefined();
});

test("[PL1] [RM3] a room's name counts letter by letter, and nobody outside it can be spoken to", async () => {
  const inside = await member("Den", "ann");
  const below = await member("den", "ben");
  for (const [room, token] of [
    ["DEN", tokenFor("Den", "eve")],
    ["Den ", tokenFor("Den", "eve")],
    ["Dеn", tokenFor("Den", "eve")], // A Cyrillic e.
    ["Den\u0000", tokenFor("Den", "eve")],
    ["./Den", tokenFor("Den", "eve")],
  ] as const) {
    const eve = await at.dial();
    expect([room, (await eve.join(room, token)).t]).toEqual([room, "error"]);
  }
  below.send({ t: "offer", id: 2, to: "ann", n: 1, d: { sdp: "v=0" } });
  below.send({ t: "message", id: 3, to: "ann", d: { from: "outside" } });
  for (const id of [2, 3]) {
    const answer = await below.heard(({ re }) => re === id);
    expect(answer.d).toMatchObject({ code: "no_such_peer" });
  }
  expect(inside.frames.map(({ t }) => t)).toEqual(["hello", "joined"]);
});
