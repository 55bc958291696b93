// A real server's frames against the published description, and the page's promises by hand, with no code of the project's
// own client in between.

import { Ajv } from "ajv";
import { afterEach, expect, test } from "vitest";
import { KIND_NAMES } from "../../core/protocol/message.ts";
import { DEV_SECRET } from "../../live/auth/dev-secret.ts";
import { silentLog } from "../../live/operations/log.ts";
import { framesOf, payloadOf, sharedSchemas } from "../../live/protocol/asyncapi.ts";
import { type RunningServer, startServer } from "../../live/server.ts";
import { settingsWith } from "../../live/settings-schema.ts";
import { RawClient, type RawFrame } from "../parts/raw-client.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };
const running: RunningServer[] = [];
const dialled: RawClient[] = [];

afterEach(async () => {
  for (const client of dialled.splice(0)) client.close();
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function started(): Promise<RunningServer> {
  const settings = settingsWith({
    operations: LOOPBACK,
    admin: LOOPBACK,
    jwt: { secret: DEV_SECRET },
    edge: LOOPBACK,
    ice: {
      urls: ["stun:turn.example.com:3478", "turn:turn.example.com:3478"],
      turnSecret: "the secret that the TURN server shares with us",
    },
    resume: { ttlMs: 1_000 },
  });
  const server = await startServer(settings, { log: silentLog });
  running.push(server);
  return server;
}

async function dial(server: RunningServer): Promise<RawClient> {
  const client = await RawClient.dial(server.edge!.url);
  dialled.push(client);
  return client;
}

const validators = new Map(
  framesOf("server").map((frame) => [
    KIND_NAMES[frame.kind]!,
    new Ajv({ strict: false }).compile({
      ...payloadOf("server", frame),
      components: { schemas: sharedSchemas() },
    }),
  ]),
);

/** Every frame is described, and every member of it that stands beside the body. */
function expectDescribed(frames: readonly RawFrame[]): Set<string> {
  const types = new Set<string>();
  for (const frame of frames) {
    const isValid = validators.get(frame.t);
    expect(isValid, frame.t).toBeDefined();
    expect(isValid!(frame), JSON.stringify({ frame, errors: isValid!.errors })).toBe(true);
    const { members } = framesOf("server").find(({ kind }) => KIND_NAMES[kind] === frame.t)!;
    const beside = Object.keys(frame).filter((name) => name !== "t" && name !== "d");
    const named = Object.keys(members).map((name) => name.replace("?", ""));
    expect(named, JSON.stringify(frame)).toEqual(expect.arrayContaining(beside));
    types.add(frame.t);
  }
  return types;
}

const is =
  (t: string) =>
  (frame: RawFrame): boolean =>
    frame.t === t;

test("[CN12] what a real server says is what the description says it says", async () => {
  const server = await started();
  const ada = await dial(server);
  const bob = await dial(server);
  const stranger = await dial(server);
  stranger.send({ t: "message", id: 1, d: {} });
  expect(await stranger.heard(is("error"))).toMatchObject({ re: 1, d: { code: "not_joined" } });
  const joined = await ada.join("page", "p_ada", DEV_SECRET);
  expect(Object.keys(joined.d!)).toEqual(expect.arrayContaining(["limits", "ice", "resume"]));
  await bob.join("page", "p_bob", DEV_SECRET);

  const sdp = "v=0\r\n";
  const peer = { to: "p_bob", n: 1 };
  ada.send({ t: "offer", id: 2, ...peer, d: { sdp, restart: true } });
  ada.send({ t: "candidate", id: 3, ...peer, d: { list: [{ candidate: "c", sdpMid: null }] } });
  ada.send({ t: "end-of-candidates", id: 4, ...peer });
  ada.send({ t: "ice-restart", id: 5, to: "p_bob" });
  bob.send({ t: "answer", id: 2, to: "p_ada", n: 1, d: { sdp } });
  ada.send({ t: "message", id: 6, d: { text: "hello" } });
  ada.send({ t: "message", id: 6, d: { text: "hello" } });
  ada.send({ t: "message", id: 7, to: "p_nobody", d: {} });
  ada.send({ t: "state", d: { mute: { audio: true } } });
  ada.send({ t: "speaking", d: { on: true, level: 0.5 } });
  ada.send({ t: "quality", d: { rttMs: 40 } });
  ada.send({ t: "cursor", d: { x: 1 } });
  ada.send({ t: "app-volatile", d: { a: null } });
  ada.send({ t: "hologram", id: 8 });
  ada.send({ t: "offer", id: 9, to: "p_bob", d: { sdp } });
  await bob.heard(is("app-volatile"));
  await bob.heard(is("speakers"));
  expect(await ada.heard((frame) => frame.re === 9)).toMatchObject({
    d: { code: "bad_request", field: "n" },
  });
  expect(ada.frames.filter(({ t, re }) => t === "ok" && re === 6)).toHaveLength(2);
  expect(bob.frames.filter(is("message"))).toHaveLength(1);
  ada.close();
  await bob.heard(is("participant-updated"));

  const types = expectDescribed([...ada.frames, ...bob.frames, ...stranger.frames]);
  expect([...types].sort()).toEqual(
    [
      "hello joined ok error participant-joined participant-updated offer answer candidate",
      "end-of-candidates ice-restart message state speakers quality cursor app-volatile",
    ]
      .join(" ")
      .split(" ")
      .sort(),
  );
});

test("[RS2] [RS5] [RS21] [RS22] [CN12] a session by the page: fresh tokens, a replay, a repetition, and the end", async () => {
  const server = await started();
  const ada = await dial(server);
  const bob = await dial(server);
  const { d } = await ada.join("page", "p_ada", DEV_SECRET);
  await bob.join("page", "p_bob", DEV_SECRET);
  bob.send({ t: "message", id: 2, d: { text: "one" } });
  const one = await ada.heard(is("message"));
  await new Promise((resolve) => setTimeout(resolve, 600)); // More than half of a token's time.
  ada.send({ t: "ping", d: { ts: 7, ack: one.s } });
  const pong = await ada.heard(is("pong"));
  expect(Object.keys(pong.d!)).toEqual(expect.arrayContaining(["ts", "token", "ice"]));
  ada.close();

  bob.send({ t: "state", d: { hand: true } });
  bob.send({ t: "message", id: 3, d: { text: "two" } });
  await bob.heard((frame) => frame.re === 3);
  const again = await dial(server);
  const { token } = pong.d as { token: string };
  const session = (d as { session: string }).session;
  again.send({ t: "resume", d: { room: "page", session, token, last: one.s } });
  const resumed = await again.heard(is("resumed"));
  expect(resumed.d).toMatchObject({ mode: "replay", from: one.s! + 1, to: one.s! + 1 });
  expect(await again.heard(is("message"))).toMatchObject({ s: one.s! + 1, d: { text: "two" } });
  const sync = await again.heard(is("sync"));
  expect(sync.d).toMatchObject({ participants: [{ id: "p_bob", state: { hand: true } }] });

  again.send({ t: "leave", d: { reason: "hung up" } });
  expect(await again.closed()).toBe(1000);
  expect(await bob.heard(is("participant-left"))).toMatchObject({ d: { reason: "left" } });
  const late = await dial(server);
  const { resume } = resumed.d as { resume: { token: string } };
  late.send({ t: "resume", d: { room: "page", session, token: resume.token, last: 0 } });
  expect(await late.heard(is("error"))).toMatchObject({ d: { code: "resume_rejected" } });
  expectDescribed([...ada.frames, ...bob.frames, ...again.frames, ...late.frames]);
});
