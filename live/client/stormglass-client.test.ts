// The SDK against a server that says what the test wants.

import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { CloseCode } from "../../core/protocol/limits.ts";
import { Kind } from "../../core/protocol/message.ts";
import type { ClientSocketClass } from "./client-socket.ts";
import { ScriptedServer, type ServerSide } from "./scripted-server.ts";
import {
  connect,
  RefusedMessage,
  type ClientEvents,
  type StormglassClient,
} from "./stormglass-client.ts";

let server: ScriptedServer;
const clients: StormglassClient[] = [];

beforeEach(async () => {
  server = await ScriptedServer.start();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.leave();
  await server.close();
});

function connected(differing: object = {}): StormglassClient {
  const client = connect({
    url: server.url,
    room: "standup",
    token: "t0",
    name: "Ada",
    WebSocket: WebSocket as unknown as ClientSocketClass,
    policy: { spreadMs: 10 },
    random: () => 0.5,
    ...differing,
  });
  clients.push(client);
  return client;
}

async function inside(client: StormglassClient, others: string[] = []): Promise<ServerSide> {
  const side = await server.accepts();
  await side.takes(Kind.join);
  side.joined(others);
  await client.entered();
  return side;
}

/** What the client tells from now on, in order. */
function journal(client: StormglassClient): string[] {
  const lines: string[] = [];
  client.on("entered", ({ you }) => lines.push(`entered ${you}`));
  client.on("joined", ({ id }) => lines.push(`joined ${id}`));
  client.on("left", ({ participant, reason }) => lines.push(`left ${participant.id} ${reason}`));
  client.on("message", ({ from, body }) => lines.push(`${from}: ${(body as { t: string }).t}`));
  client.on("state", ({ participant, key, value }) =>
    lines.push(`${participant.id} ${key}=${value}`),
  );
  client.on("disrupted", () => lines.push("disrupted"));
  client.on("resumed", ({ mode }) => lines.push(`resumed ${mode}`));
  client.on("lost", () => lines.push("lost"));
  client.on("ended", ({ reason, closeCode }) => lines.push(`ended ${reason} ${closeCode}`));
  return lines;
}

function next(client: StormglassClient, event: keyof ClientEvents) {
  return new Promise((resolve) => client.on(event, resolve));
}

test("[SK1] a token is asked for anew for each join, and a failing source is asked again", async () => {
  const tokens = [() => Promise.reject<string>(new Error("offline")), () => Promise.resolve("t1")];
  const failures: unknown[] = [];
  const client = connected({ token: () => tokens.shift()!() });
  client.on("failure", (cause) => failures.push(cause));
  const first = await server.accepts();
  await first.closes();
  const second = await server.accepts();
  expect((await second.takes(Kind.join)).body).toMatchObject({
    room: "standup",
    token: "t1",
    name: "Ada",
  });
  expect(second.url).toBe("/v1/signal?room=standup");
  expect(String(failures)).toContain("offline");
});

test("[SK2] the roster follows the room, and an application sees people come and go one by one", async () => {
  const client = connected();
  const lines = journal(client);
  const side = await inside(client, ["me", "bob"]);
  side.say(Kind.participantJoined, { id: "eve", name: "Eve" }, { s: 1 });
  side.say(Kind.state, { hand: true }, { from: "eve", key: "hand" });
  side.say(Kind.participantLeft, { id: "bob", reason: "left" }, { s: 2 });
  await next(client, "left");
  expect(lines).toEqual([
    "joined bob",
    "entered me",
    "joined eve",
    "eve hand=true",
    "left bob left",
  ]);
  expect([...client.participants.values()]).toEqual([
    { id: "eve", name: "Eve", meta: undefined, state: { hand: true }, isReconnecting: false },
  ]);
});

test("[SK3, RS15] what is sent is settled once: after the connection was lost it is sent again", async () => {
  const client = connected();
  const lines = journal(client);
  const side = await inside(client);
  const sent = client.send({ t: "one" });
  const { id } = await side.takes(Kind.message);
  side.socket.terminate();
  await new Promise((resolve) => client.on("disrupted", () => resolve(undefined)));
  const later = client.send({ t: "two" });
  const again = await server.accepts();
  expect((await again.takes(Kind.resume)).body).toEqual({
    room: "standup",
    session: "s0",
    token: "r1",
    last: 0,
  });
  again.resumed({ mode: "replay", from: 1, to: 0 });
  expect((await again.takes(Kind.message)).id).toBe(id);
  again.say(Kind.ok, undefined, { id });
  await sent;
  const second = await again.takes(Kind.message);
  expect(second.body).toEqual({ t: "two" });
  again.say(Kind.ok, undefined, { id: second.id });
  await later;
  expect(lines).toEqual(["entered me", "disrupted", "resumed replay"]);
});

test("[SK3] a refusal rejects with its code, and what waits at the end rejects too", async () => {
  const client = connected();
  const side = await inside(client);
  const refused = client.send({ t: "x" }, { to: "nobody" });
  const { id, to } = await side.takes(Kind.message);
  expect(to).toBe("nobody");
  const body = { code: "no_such_peer", message: "nobody of that name", retry: false };
  side.say(Kind.error, body, { id });
  await expect(refused).rejects.toMatchObject({ code: "no_such_peer" });
  const waiting = client.send({ t: "y" });
  client.leave();
  await expect(waiting).rejects.toBeInstanceOf(RefusedMessage);
  await expect(client.send({ t: "z" })).rejects.toMatchObject({ code: "ended" });
  await side.takes(Kind.leave);
});

test("[SK2, RS3] after a snapshot the application is told the difference, and nothing else", async () => {
  const client = connected();
  const side = await inside(client, ["bob", "eve"]);
  const lines = journal(client);
  side.socket.terminate();
  const again = await server.accepts();
  await again.takes(Kind.resume);
  const participants = [
    { id: "me", name: "Ada" },
    { id: "eve", name: "EVE" },
    { id: "joe", name: "Joe" },
  ];
  again.resumed({ mode: "snapshot", reason: "gap", s: 40, participants });
  await next(client, "resumed");
  expect(lines).toEqual(["disrupted", "left bob absent", "joined joe", "resumed snapshot"]);
});

test("[SK8] who is not back yet in a room that moved is shown as reconnecting, for the grace", async () => {
  const client = connected();
  const side = await inside(client, ["bob", "eve"]);
  const lines = journal(client);
  side.socket.terminate();
  const again = await server.accepts();
  await again.takes(Kind.resume);
  const resume = { token: "t", windowMs: 60_000, graceMs: 50, bufferMax: 256 };
  again.resumed({ mode: "snapshot", reason: "moved", s: 0, participants: [], resume });
  await next(client, "resumed");
  expect([...client.participants.values()].map((who) => who.isReconnecting)).toEqual([true, true]);
  again.say(Kind.participantJoined, { id: "eve", name: "EVE" }, { s: 1 });
  await next(client, "left");
  expect(lines).toEqual(["disrupted", "resumed snapshot", "left bob absent"]);
  expect([...client.participants.keys()]).toEqual(["eve"]);
  expect(client.participants.get("eve")?.isReconnecting).toBe(false);
});

test("[SK4] a message that is said again by its sender is heard once", async () => {
  const client = connected();
  const lines = journal(client);
  const side = await inside(client, ["bob"]);
  side.say(Kind.message, { t: "hello" }, { s: 1, from: "bob", id: 7 });
  side.say(Kind.message, { t: "hello" }, { s: 2, from: "bob", id: 7 });
  side.say(Kind.message, { t: "new session" }, { s: 3, from: "bob", id: 7 });
  side.say(Kind.participantLeft, { id: "bob", reason: "left" }, { s: 4 });
  await next(client, "left");
  expect(lines.filter((line) => line.startsWith("bob:"))).toEqual([
    "bob: hello",
    "bob: new session",
  ]);
});

test("[SK5, RS17] who is replaced ends and says so; a session that is gone is joined anew on the same socket", async () => {
  const client = connected();
  const side = await inside(client, ["bob"]);
  const lines = journal(client);
  side.socket.terminate();
  const again = await server.accepts();
  await again.takes(Kind.resume);
  const rejected = { code: "resume_rejected", message: "", retry: false, reason: "expired" };
  again.say(Kind.error, rejected);
  await again.takes(Kind.join);
  again.joined(["eve"]);
  const ended = next(client, "ended");
  again.socket.close(CloseCode.replaced);
  await ended;
  expect(lines).toEqual([
    "disrupted",
    "lost",
    "left bob absent",
    "joined eve",
    "entered me",
    "ended refused 4409",
  ]);
});

test("[SK5] nonsense from a server ends the socket, not the session", async () => {
  const client = connected();
  const side = await inside(client);
  side.socket.send("{");
  const again = await server.accepts();
  expect((await again.takes(Kind.resume)).body).toMatchObject({ session: "s0" });
  expect(client.isLive).toBe(false);
});

test("[RS22, SK2] states that changed while the client was away are told when it is back", async () => {
  const client = connected();
  const side = await inside(client, ["bob", "eve"]);
  const states: unknown[] = [];
  client.on("state", ({ participant, key, value }) => states.push([participant.id, key, value]));
  side.say(Kind.state, { hand: true }, { from: "bob" });
  await next(client, "state");
  side.socket.terminate();
  const again = await server.accepts();
  await again.takes(Kind.resume);
  again.resumed({ mode: "replay", from: 1, to: 0 });
  const bob = { id: "bob", name: "Bob", state: { hand: true, mute: { audio: true } } };
  again.say(Kind.sync, { participants: [bob, { id: "nobody", name: "?", state: { x: 1 } }] });
  await next(client, "participants");
  expect(states).toEqual([
    ["bob", "hand", true],
    ["bob", "mute", { audio: true }],
  ]);
  expect(client.participants.has("nobody")).toBe(false);
});
