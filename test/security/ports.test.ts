// The ports that no client should see, in the hands of one: admin, operations, trunks.

import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { freshNonce, TrunkKeys, type Challenge } from "../../live/trunk/handshake.ts";
import { FrameType } from "../../live/trunk/trunk-frames.ts";
import { TRUNK_PROTOCOL } from "../../live/trunk/trunk-limits.ts";
import {
  ADMIN_TOKEN,
  CLUSTER_SECRET,
  guarded,
  type Guarded,
  honestPairTalks,
  keep,
} from "./guarded.ts";
import { framed, Opcode, Wire } from "./wire.ts";

/** The status of a request as it stands on the wire; 0 when the connection ends without one. */
async function statusOf(port: number, words: string | Buffer): Promise<number> {
  const socket = connect({ host: "127.0.0.1", port });
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
  socket.on("error", () => {});
  socket.write(words);
  await once(socket, "close");
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
}

const asked = (line: string, headers: readonly string[] = [], body = ""): string =>
  [`${line} HTTP/1.1`, "Host: x", "Connection: close", ...headers, "", body].join("\r\n");
const TOKEN = `Authorization: Bearer ${ADMIN_TOKEN}`;
const JSON_BODY = "Content-Type: application/json";

test("[OP10] without the very token every address of the admin API answers 401, and does nothing", async () => {
  const at = await guarded();
  const port = at.server.adminPort!;
  const shown = [
    [],
    ["Authorization: Bearer"],
    [`Authorization: Basic ${ADMIN_TOKEN}`],
    [`Authorization: Bearer ${ADMIN_TOKEN}x`],
    [`Authorization: Bearer ${ADMIN_TOKEN.slice(0, -1)}`],
    [`Authorization: Bearer ${ADMIN_TOKEN.toUpperCase()}`],
    [`Authorization: Bearer ${ADMIN_TOKEN} ${ADMIN_TOKEN}`],
    [`Authorization: Bearer ${"x".repeat(4_000)}`],
    [`X-Authorization: Bearer ${ADMIN_TOKEN}`],
    [`Cookie: token=${ADMIN_TOKEN}`],
  ];
  const lines = ["GET /v1/rooms", "POST /v1/drain", "GET /nowhere", "DELETE /v1/drain", "GET /"];
  for (const headers of shown) {
    for (const line of lines) {
      expect([headers, line, await statusOf(port, asked(line, headers))]).toEqual([
        headers,
        line,
        401,
      ]);
    }
  }
  expect(await statusOf(port, asked(`GET /v1/rooms?token=${ADMIN_TOKEN}`))).toBe(401);
  expect(await statusOf(port, asked("GET /v1/rooms", [TOKEN]))).toBe(200);
  expect(at.server.phase).toBe("running");
  expect(at.logText()).not.toContain(ADMIN_TOKEN);
  await honestPairTalks(at.url);
});

test("[OP9] [OP11] wrong methods, paths that climb, odd pages and huge bodies are answered, never obeyed", async () => {
  const at = await guarded();
  const port = at.server.adminPort!;
  const large = `{"withinMs":1,"x":"${"x".repeat(1_000_000)}"}`;
  const outcomes = {
    "PUT /v1/drain": 405,
    "GET /v1/rooms/den/kick": 405,
    "POST /v1/rooms": 405,
    "GET /v1/../../etc/passwd": 404,
    "GET /v1/rooms/../../../etc/passwd": 404,
    "GET /v1/rooms/%2e%2e%2f%2e%2e": 400,
    "GET /v1/rooms/%00": 400,
    "GET /v1/rooms/%ff": 400,
    "GET /v1/rooms/__proto__": 404,
    "GET /v1/__proto__": 404,
    "GET /v1/constructor": 404,
    "GET //evil/v1/rooms": 200, // Another host's name in a path is only a name.
    "GET /v1/rooms?limit=1e9": 400,
    "GET /v1/rooms?limit=-1": 400,
    "GET /v1/sessions?after=%27%3B--": 400,
    "GET http://[/v1": 400,
  };
  const seen: Record<string, number> = {};
  for (const line of Object.keys(outcomes)) seen[line] = await statusOf(port, asked(line, [TOKEN]));
  expect(seen).toEqual(outcomes);

  const length = (body: string): string => `Content-Length: ${body.length}`;
  const drain = (body: string): string =>
    asked("POST /v1/drain", [TOKEN, JSON_BODY, length(body)], body);
  for (const [body, status] of [
    ["[]", 400],
    ["{", 400],
    ['{"withinMs":-1}', 400],
    ['{"withinMs":1e999}', 400],
    ['{"withinMs":"1"}', 400],
    [`{"withinMs":${"[".repeat(9_000)}}`, 400],
    [large, 413],
  ] as const) {
    expect([body.slice(0, 20), await statusOf(port, drain(body))]).toEqual([
      body.slice(0, 20),
      status,
    ]);
  }
  const chunked = asked("POST /v1/drain", [TOKEN, JSON_BODY, "Transfer-Encoding: chunked"]);
  const smuggled = asked(
    "POST /v1/drain",
    [TOKEN, length("{}"), "Transfer-Encoding: chunked"],
    "{}",
  );
  expect(await statusOf(port, `${chunked}FFFFFFFFFFFFFFFFF\r\n`)).toBe(400);
  expect(await statusOf(port, smuggled)).toBe(400);
  expect(await statusOf(port, Buffer.from("16030100ff", "hex"))).toBe(400);
  expect([at.server.phase, at.server.edge!.driver.core.isDraining]).toEqual(["running", false]);
});

test("[OP4] [OP9] slow bodies and silent sockets on both ports are cut, and probes are answered meanwhile", async () => {
  const at = await guarded();
  const { operationsPort, adminPort } = at.server;
  const slow = asked("POST /v1/drain", [TOKEN, JSON_BODY, "Content-Length: 20"], '{"withinMs"');
  const cut = Promise.all(
    [slow, "", "GET /v1/ro", asked("POST /livez", ["Content-Length: 9"], "x")].flatMap((words) =>
      [operationsPort, adminPort!].map((port) => statusOf(port, words)),
    ),
  );
  for (let i = 0; i < 20; i++) {
    expect(await statusOf(operationsPort, asked("GET /livez"))).toBe(200);
    expect(await statusOf(operationsPort, asked("GET /../livez/%2e%2e/metricsx"))).toBe(404);
    await honestPairTalks(at.url);
  }
  for (const status of await cut) expect([0, 401, 404, 405, 408]).toContain(status);
  expect(at.server.phase).toBe("running");
});

// ---- trunks ------------------------------------------------------------------------------------------------

/** A node that others could reach, without any bus. */
async function lonelyNode(): Promise<Guarded & { dialTrunk(): Promise<Wire> }> {
  const at = await guarded({
    role: "node",
    bus: { url: ["nats://127.0.0.1:1"] },
    node: { trunk: { host: "127.0.0.1", port: 0 } },
  });
  return {
    ...at,
    dialTrunk: async () =>
      keep(await Wire.dial(at.server.node!.trunkUrl, { protocol: TRUNK_PROTOCOL })),
  };
}

function trunkFrame(type: number, text: string): Buffer {
  const body = Buffer.from(text);
  const bytes = Buffer.alloc(9 + body.length);
  bytes.writeUInt32LE(5 + body.length, 0);
  bytes[4] = type;
  body.copy(bytes, 9);
  return framed(Opcode.binary, bytes);
}

async function proofOn(
  wire: Wire,
  secret: string,
  edgeId = "e9",
  incarnation = 5,
): Promise<object> {
  const challenge = JSON.parse(await wire.told(FrameType.challenge)) as Challenge;
  const said = { edgeId, incarnation, nonce: freshNonce() };
  return { ...said, mac: new TrunkKeys([secret]).prove("edge", [challenge, said]) };
}

test("[TR9] [TR11] a trunk opens for who proves himself now: no wrong, replayed, reflected or empty proof", async () => {
  const at = await lonelyNode();
  const genuine = await at.dialTrunk();
  const proof = await proofOn(genuine, CLUSTER_SECRET);
  genuine.raw(trunkFrame(FrameType.proof, JSON.stringify(proof)));
  expect(await genuine.told(FrameType.welcome)).toContain("mac");

  const attempts: Record<string, (wire: Wire) => Promise<object> | object> = {
    "a wrong secret": (wire) => proofOn(wire, "the secret of some other cluster, as long"),
    "a proof that was seen before": () => proof,
    "an empty mac": async (wire) => ({ ...(await proofOn(wire, CLUSTER_SECRET)), mac: "" }),
    "another edge's name": async (wire) => ({
      ...(await proofOn(wire, CLUSTER_SECRET)),
      edgeId: "e1",
    }),
    "another life": async (wire) => ({
      ...(await proofOn(wire, CLUSTER_SECRET)),
      incarnation: 99,
    }),
    "half a mac": async (wire) => {
      const { mac, ...rest } = (await proofOn(wire, CLUSTER_SECRET)) as { mac: string };
      return { ...rest, mac: mac.slice(0, 20) };
    },
  };
  for (const [what, make] of Object.entries(attempts)) {
    const wire = await at.dialTrunk();
    wire.raw(trunkFrame(FrameType.proof, JSON.stringify(await make(wire))));
    expect([what, await wire.closed()]).toEqual([what, 4401]);
  }
  expect(genuine.hasEnded).toBe(false);
  expect(at.logText().split("An edge does not know the secret").length - 1).toBe(6);
  expect(at.logText()).not.toContain((proof as { mac: string }).mac);
});

test("[TR6] [TR11] garbage on a trunk ends it, before and after the proof, and the node lives", async () => {
  const at = await lonelyNode();
  const garbage: Record<string, Buffer> = {
    nothing: framed(Opcode.binary, ""),
    "one byte": framed(Opcode.binary, "x"),
    text: framed(Opcode.text, "{}"),
    "a frame of 4 GiB": framed(Opcode.binary, Buffer.from("ffffffff01000000", "hex")),
    "a frame of nothing": framed(Opcode.binary, Buffer.from("00000000", "hex")),
    "an unknown type": trunkFrame(99, "{}"),
    "a node's frame": trunkFrame(FrameType.attached, "{}"),
    "a join that is none": trunkFrame(FrameType.attach, '{"roomId":7}'),
    "a deep one": trunkFrame(FrameType.attach, `${"[".repeat(5_000)}${"]".repeat(5_000)}`),
    "orphans that are none": trunkFrame(FrameType.orphans, '[{"roomId":"x"}]'),
    "invalid UTF-8": framed(Opcode.binary, Buffer.from("0700000001000000fffe", "hex")),
  };
  for (const [what, bytes] of Object.entries(garbage)) {
    const outside = await at.dialTrunk();
    outside.raw(bytes);
    expect([what, await outside.closed()]).toEqual([what, 4400]);
    const inside = await at.dialTrunk();
    const proof = await proofOn(inside, CLUSTER_SECRET, `e-${what.length}`);
    inside.raw(trunkFrame(FrameType.proof, JSON.stringify(proof)));
    await inside.told(FrameType.welcome);
    inside.raw(bytes);
    if (what !== "nothing") expect([what, await inside.closed()]).toEqual([what, 4400]);
  }
  const talker = await at.dialTrunk();
  talker.raw(framed(Opcode.more, Buffer.alloc(100_000), false));
  expect(await talker.closed()).not.toBe(1000);
  const much = await at.dialTrunk();
  much.raw(framed(Opcode.binary, Buffer.alloc(70_000), false));
  expect(await much.closed()).toBe(4413);
  const other = await Wire.dial(at.server.node!.trunkUrl, { protocol: "rtcsig.v1" });
  expect(other.answer).toMatch(/^HTTP\/1\.1 400/);

  expect(at.server.node!.driver.core.context.rooms.size).toBe(0);
  expect(await statusOf(at.server.operationsPort, asked("GET /livez"))).toBe(200);
  expect(at.logText()).not.toMatch(/"level":"error"/);
});

test("[TR11] whoever says nothing on a trunk is cut, and many of them keep no edge out for long", async () => {
  const at = await lonelyNode();
  const silent = await Promise.all(Array.from({ length: 300 }, () => at.dialTrunk()));
  expect(silent.filter((wire) => wire.answer.includes(" 503 ")).length).toBe(300 - 256);
  await Promise.all(silent.map((wire) => wire.closed()));
  const edge = await at.dialTrunk();
  const proof = await proofOn(edge, CLUSTER_SECRET);
  edge.raw(trunkFrame(FrameType.proof, JSON.stringify(proof)));
  expect(await edge.told(FrameType.welcome)).toContain("mac");
});
