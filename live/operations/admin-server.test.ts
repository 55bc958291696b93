import { afterEach, expect, test } from "vitest";
import { AdminServer } from "./admin-server.ts";
import { recordingLog } from "./log.ts";
import { type Seen, seenCluster } from "./operations-fixture.ts";

const TOKEN = "correct-horse-battery";
const servers: AdminServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface Asked {
  readonly acts: unknown[];
  readonly lines: readonly { readonly text: string }[];
  ask(path: string, init?: RequestInit): Promise<{ status: number; body: Record<string, unknown> }>;
  readonly url: string;
}

async function admin(seen: Seen, ...roles: readonly ("edge" | "node")[]): Promise<Asked> {
  const acts: unknown[] = [];
  const log = recordingLog();
  const actions = {
    drain: (withinMs: number | undefined) => void acts.push(["drain", withinMs]),
    cancelDrain: () => void acts.push(["cancel"]),
    kick: (roomId: string, participantId: string) => {
      acts.push(["kick", roomId, participantId]);
      return seen.net.nodes[0]!.core.kickAsked(roomId, participantId, seen.net.nowMs);
    },
  };
  const options = { host: "127.0.0.1", port: 0, token: TOKEN, log };
  const server = new AdminServer(seen.sources(...roles), actions, options);
  servers.push(server);
  const { url } = await server.listen();
  return {
    acts,
    lines: log.lines,
    url,
    ask: async (path, init = {}) => {
      const headers = { authorization: `Bearer ${TOKEN}`, ...(init.headers as object) };
      const response = await fetch(url + path, { ...init, headers });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
  };
}

const post = (body: unknown, type = "application/json"): RequestInit => ({
  method: "POST",
  body: typeof body === "string" ? body : JSON.stringify(body),
  headers: { "content-type": type },
});

test("[OP10] there is no admin API without a token that is worth the name", () => {
  const actions = { drain: () => {}, cancelDrain: () => {}, kick: () => false };
  const options = { host: "127.0.0.1", port: 0, log: recordingLog() };
  for (const token of ["", "short"]) {
    expect(
      () => new AdminServer(seenCluster().sources("node"), actions, { ...options, token }),
    ).toThrow(TypeError);
  }
});

test.each([
  ["no token", {}],
  ["another token", { authorization: "Bearer correct-horse-batterz" }],
  ["the beginning of it", { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
  ["another scheme", { authorization: `Basic ${TOKEN}` }],
  ["more than it", { authorization: `Bearer ${TOKEN} and more` }],
])("[OP10] with %s every address answers 401, and nothing is done", async (_what, headers) => {
  const { url, acts } = await admin(seenCluster(), "node");
  for (const [path, method] of [
    ["/v1/rooms", "GET"],
    ["/v1/drain", "POST"],
    ["/nowhere", "GET"],
  ] as const) {
    const response = await fetch(url + path, {
      method,
      headers: headers as Record<string, string>,
    });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
  }
  expect(acts).toEqual([]);
});

test("[OP11] rooms, their members and sessions are shown as core holds them", async () => {
  const { ask } = await admin(seenCluster(), "node");
  const rooms = await ask("/v1/rooms");
  expect(rooms.body.items).toMatchObject([
    { id: "even", participants: 6, sessions: 6, attached: 6, otherHosts: [] },
    { id: "odd", participants: 6, sessions: 6, attached: 6, otherHosts: [] },
  ]);
  const room = await ask("/v1/rooms/even");
  const members = room.body.members as { participant: string; state: string; room: string }[];
  expect(members.map(({ participant }) => participant).sort()).toEqual([
    "p0",
    "p10",
    "p2",
    "p4",
    "p6",
    "p8",
  ]);
  expect(members.every(({ state }) => state === "attached")).toBe(true);
  const edges = room.body.edges as { attached: number }[];
  expect(edges.reduce((sum, { attached }) => sum + attached, 0)).toBe(6);
  const sessions = await ask("/v1/sessions?room=odd");
  expect((sessions.body.items as { room: string }[]).map((one) => one.room)).toEqual(
    Array(6).fill("odd"),
  );
  expect((await ask("/v1/sessions?room=nowhere")).body).toEqual({ items: [] });
  expect((await ask("/v1/rooms/nowhere")).status).toBe(404);
  expect((await ask("/v1/rooms/%7Bno%7D")).status).toBe(400);
  expect((await ask("/v1/rooms/%")).status).toBe(400);
});

test("[OP11] pages meet everybody once", async () => {
  const { ask } = await admin(seenCluster(), "node");
  for (const limit of [1, 5, 6, 12, 13]) {
    const met: string[] = [];
    let after = "";
    do {
      const { body } = await ask(`/v1/sessions?limit=${limit}&after=${after}`);
      const items = body.items as { participant: string }[];
      expect(items.length).toBeLessThanOrEqual(limit);
      met.push(...items.map(({ participant }) => participant));
      after = (body.next as string | undefined) ?? "";
    } while (after !== "");
    expect(met.sort()).toEqual(Array.from({ length: 12 }, (_, i) => `p${i}`).sort());
  }
  const first = await ask("/v1/rooms?limit=1");
  expect(first.body).toMatchObject({ items: [{ id: "even" }], next: "even" });
  expect((await ask("/v1/rooms?limit=1&after=even")).body).toMatchObject({
    items: [{ id: "odd" }],
  });
  for (const query of ["limit=0", "limit=1001", "limit=x", "limit=-1", "after=x"]) {
    expect((await ask(`/v1/sessions?${query}`)).status).toBe(400);
  }
});

test("[OP11] the cluster is shown as this process sees it; no limit is null", async () => {
  const { ask } = await admin(seenCluster(2), "edge");
  const { body } = await ask("/v1/nodes");
  expect(body.items).toMatchObject([
    { id: "n0", state: "serving", isUnreachable: false, maxConnections: 1_000 },
    { id: "n1", state: "serving" },
  ]);
});

test("[OP11] an edge shows its sockets and the rooms they are in, and says what only nodes know", async () => {
  const seen = seenCluster();
  const { ask } = await admin(seen, "edge");
  const { body } = await ask("/v1/connections");
  const sockets = seen.net.edges[0]!.core.connections.handles.count;
  expect(body.items).toHaveLength(sockets);
  expect(body.items).toContainEqual(
    expect.objectContaining({ state: "attached", node: "n0", isSlow: false }),
  );
  const rooms = (await ask("/v1/rooms")).body.items as { node: string; connections: number }[];
  expect(rooms.reduce((sum, { connections }) => sum + connections, 0)).toBe(sockets);
  for (const path of ["/v1/sessions", "/v1/rooms/even"]) {
    expect(await ask(path)).toMatchObject({ status: 409, body: { error: { code: "no_node" } } });
  }
});

test("[OP12] a drain is begun and cancelled by what the composer gave", async () => {
  const { ask, acts, lines } = await admin(seenCluster(), "edge", "node");
  expect(await ask("/v1/drain", { method: "POST" })).toMatchObject({ status: 202 });
  expect(await ask("/v1/drain", post({ withinMs: 2_500 }))).toMatchObject({ status: 202 });
  expect(await ask("/v1/drain", { method: "DELETE" })).toMatchObject({ status: 200 });
  expect(acts).toEqual([["drain", undefined], ["drain", 2_500], ["cancel"]]);
  expect(lines).toHaveLength(3);
  for (const withinMs of [-1, "1", null, 1e12]) {
    expect((await ask("/v1/drain", post({ withinMs }))).status).toBe(400);
  }
  expect((await ask("/v1/drain")).body).toMatchObject({ draining: false });
});

test("[OP12] somebody is kicked once", async () => {
  const seen = seenCluster();
  const { ask } = await admin(seen, "node");
  const path = "/v1/rooms/even/kick";
  expect(await ask(path, post({ participant: "p4" }))).toMatchObject({
    status: 200,
    body: { kicked: true },
  });
  seen.net.run(seen.net.nowMs + 1_000);
  expect((await ask("/v1/rooms/even")).body).toMatchObject({ participants: 5 });
  expect((await ask(path, post({ participant: "p4" }))).status).toBe(404);
  expect((await ask(path, post({ participant: "p1" }))).status).toBe(404);
  expect((await ask(path, post({}))).status).toBe(400);
});

test.each([
  ["another method", "/v1/rooms", { method: "DELETE" }, 405, "method_not_allowed"],
  ["another method on a command", "/v1/rooms/even/kick", {}, 405, "method_not_allowed"],
  ["an address that is none", "/v1/rooms/even/ban", post({}), 404, "not_found"],
  ["another version", "/v2/rooms", {}, 404, "not_found"],
  [
    "a form",
    "/v1/drain",
    post("withinMs=1", "application/x-www-form-urlencoded"),
    415,
    "unsupported_media_type",
  ],
  ["a list", "/v1/drain", post([]), 400, "bad_request"],
  ["broken JSON", "/v1/drain", post("{"), 400, "bad_request"],
  ["a body without end", "/v1/drain", post(`"${"x".repeat(20_000)}"`), 413, "too_large"],
] as const)("[OP9] %s is refused as JSON", async (_what, path, init, status, code) => {
  const { ask, acts } = await admin(seenCluster(), "node");
  const answer = await ask(path, init as RequestInit);
  expect(answer).toMatchObject({ status, body: { error: { code } } });
  expect(acts).toEqual([]);
});
