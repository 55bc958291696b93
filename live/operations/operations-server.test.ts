import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { parse } from "yaml";
import { Kind, Message } from "../../core/protocol/message.ts";
import { parseQuantity } from "../../scenarios/quantities.ts";
import { JOIN_SECONDS_BUCKETS } from "./buckets.ts";
import { EdgeMeters } from "./edge-meters.ts";
import { silentLog } from "./log.ts";
import { type Seen, seenCluster } from "./operations-fixture.ts";
import { OperationsServer } from "./operations-server.ts";

const servers: OperationsServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function asked(
  seen: Seen,
  ...roles: readonly ("edge" | "node")[]
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const server = new OperationsServer(seen.sources(...roles), {
    host: "127.0.0.1",
    port: 0,
    log: silentLog,
  });
  servers.push(server);
  const { url } = await server.listen();
  return (path, init) => fetch(url + path, init);
}

/** Series by name and labels, sorted as they come. */
async function scraped(response: Response): Promise<Map<string, number>> {
  const series = new Map<string, number>();
  for (const line of (await response.text()).split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const at = line.lastIndexOf(" ");
    expect(series.has(line.slice(0, at))).toBe(false);
    series.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  return series;
}

test("[OP4] a bus that is down neither kills nor unreadies anybody: health says degraded", async () => {
  const seen = seenCluster();
  const ask = await asked(seen, "edge", "node");
  expect(await (await ask("/healthz")).json()).toMatchObject({ status: "ok", bus: "up" });
  seen.state.isBusUp = false;
  expect((await ask("/livez")).status).toBe(200);
  expect((await ask("/readyz")).status).toBe(200);
  const health = await ask("/healthz");
  expect(health.status).toBe(200);
  expect(await health.json()).toMatchObject({
    status: "degraded",
    reasons: ["bus-down"],
    bus: "down",
    role: "edge+node",
    nodes: { serving: 1, draining: 0, unreachable: 0, gone: 0 },
    trunks: { edge: 1, node: 2 },
    rooms: 2,
    sessions: 12,
  });
});

test("[OP5] an edge is ready while it serves and knows a node that does", async () => {
  const seen = seenCluster();
  const ask = await asked(seen, "edge");
  const readiness = async (): Promise<unknown> => {
    const response = await ask("/readyz");
    const { ready, reasons } = (await response.json()) as { ready: boolean; reasons: string[] };
    expect(response.status).toBe(ready ? 200 : 503);
    return reasons;
  };
  expect(await readiness()).toEqual([]);
  seen.state.phase = "starting";
  expect(await readiness()).toEqual(["starting"]);
  seen.state.phase = "running";
  seen.net.edges[0]!.core.drainAsked(seen.net.nowMs, 5_000);
  expect(await readiness()).toEqual(["edge-draining"]);
  seen.net.edges[0]!.core.drainCancelled(seen.net.nowMs);
  seen.net.killNode(0);
  seen.net.run(seen.net.nowMs + 100);
  expect(await readiness()).toEqual(["no-serving-node"]);
  expect((await ask("/livez")).status).toBe(200);
  seen.state.phase = "stopping";
  expect(await readiness()).toEqual(["stopping", "no-serving-node"]);
});

test("[OP5] a node is ready while it serves", async () => {
  const seen = seenCluster();
  const ask = await asked(seen, "node");
  expect((await ask("/readyz")).status).toBe(200);
  seen.net.nodes[0]!.core.drainAsked(seen.net.nowMs);
  const response = await ask("/readyz");
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ ready: false, reasons: ["node-draining"] });
  expect(await (await ask("/healthz")).json()).toMatchObject({ status: "ok", draining: true });
});

test("[OP6] gauges are what core holds when it is asked, each role under its label", async () => {
  const seen = seenCluster(2);
  const ask = await asked(seen, "edge", "node");
  const edge = seen.net.edges[0]!.core;
  const context = seen.net.nodes[0]!.core.context;
  const series = await scraped(await ask("/metrics"));
  const sockets = edge.connections.handles.count;
  expect(sockets).toBeGreaterThan(0);
  expect(series.get('active_websocket_connections{role="edge"}')).toBe(sockets);
  expect(series.get('offered_websocket_connections{role="edge"}')).toBe(sockets);
  expect(series.get('active_websocket_connections{role="node"}')).toBe(context.load);
  expect(series.get('offered_websocket_connections{role="node"}')).toBe(context.load);
  expect(series.get('rtc_rooms{role="node"}')).toBe(context.rooms.size);
  expect(series.get('rtc_sessions{role="node",state="attached"}')).toBe(context.load);
  expect(series.get('stormglass_committed_load{role="node"}')).toBe(context.committed.total);
  expect(series.get('stormglass_nodes{role="edge",state="serving"}')).toBe(2);
  expect(series.get('stormglass_bus_up{role="edge+node"}')).toBe(1);
  expect(series.get('stormglass_draining{role="node"}')).toBe(0);
  for (const role of ["edge", "node"]) {
    for (const kind of ["join", "resume"]) {
      expect(series.get(`stormglass_admission_queue_depth{role="${role}",kind="${kind}"}`)).toBe(0);
    }
    const labels = `{role="${role}",class="droppable",scope="fanout"}`;
    expect(series.has(`rtc_room_updates_dropped_total${labels}`)).toBe(true);
    expect(series.has(`rtc_room_updates_merged_total${labels}`)).toBe(true);
  }
  expect(series.get('process_resident_memory_bytes{role="edge+node"}')).toBeGreaterThan(1e7);
  expect(series.has('stormglass_event_loop_lag_seconds{role="edge+node",quantile="0.99"}')).toBe(
    true,
  );
});

test("[OP6] counters are what the drivers counted; a second scrape says the same", async () => {
  const seen = seenCluster();
  const { edgeMeters, nodeMeters } = seen;
  edgeMeters.joinTook(120);
  edgeMeters.joinTook(6_000);
  edgeMeters.resumeTook(40);
  edgeMeters.delivered(100);
  edgeMeters.reconnectAsked("in_band");
  edgeMeters.relayed(1);
  edgeMeters.socketClosed(4100);
  edgeMeters.socketClosed(4999);
  edgeMeters.socketClosed(1006);
  edgeMeters.trunks.sent(300);
  const refuse = (code: string, reason?: string): void =>
    edgeMeters.answered(
      new Message(Kind.error, 1, "", "", 0, 0, "", { code, message: "", retry: false, reason }),
    );
  refuse("busy");
  refuse("rate_limited");
  refuse("resume_rejected", "expired");
  seen.net.edges[0]!.core.drops.dropped(3, "room", 5);
  nodeMeters.relayed(1);
  nodeMeters.refused("moved");
  const ask = await asked(seen, "edge", "node");
  const first = await scraped(await ask("/metrics"));
  const second = await scraped(await ask("/metrics"));
  const counted = {
    'rtc_join_duration_seconds_bucket{le="0.25",role="edge"}': 1,
    'rtc_join_duration_seconds_bucket{le="10",role="edge"}': 2,
    'rtc_join_duration_seconds_count{role="edge"}': 2,
    'rtc_resume_duration_seconds_count{role="edge"}': 1,
    'rtc_joins_total{role="edge"}': 2,
    'rtc_deliveries_total{role="edge"}': 100,
    'rtc_reconnect_attempts_total{role="edge",kind="in_band"}': 1,
    'rtc_reconnect_failures_total{role="edge",reason="expired"}': 1,
    'rtc_refusals_total{role="edge",code="busy"}': 1,
    'rtc_errors_total{role="edge",code="rate_limited"}': 1,
    'rtc_relayed_messages_total{role="edge",class="critical"}': 1,
    'rtc_relayed_messages_total{role="node",class="critical"}': 1,
    'stormglass_sockets_closed_total{role="edge",code="4100"}': 1,
    'stormglass_sockets_closed_total{role="edge",code="other"}': 1,
    'stormglass_trunk_bytes_total{role="edge",direction="out"}': 300,
    'stormglass_attach_refusals_total{role="node",reason="moved"}': 1,
    'rtc_room_updates_dropped_total{role="edge",class="droppable",scope="room"}': 5,
  };
  for (const series of [first, second]) {
    expect(Object.fromEntries(Object.keys(counted).map((key) => [key, series.get(key)]))).toEqual(
      counted,
    );
  }
  expect(first.has('rtc_refusals_total{role="edge",code="rate_limited"}')).toBe(false);
});

test("[OP7] who is turned away for want of room counts as offered for ten seconds", () => {
  const meters = new EdgeMeters();
  for (let i = 0; i < 5; i++) meters.turnedAway("busy", 100_000);
  meters.turnedAway("origin", 100_200); // More edges would not help it.
  expect(meters.turnedAwayLately(100_500)).toBe(5);
  meters.turnedAway("refused", 104_000);
  expect(meters.turnedAwayLately(109_900)).toBe(6);
  expect(meters.turnedAwayLately(110_000)).toBe(1);
  meters.turnedAway("refused", 110_500); // The place of second 100.
  expect(meters.turnedAwayLately(110_500)).toBe(2);
  expect(meters.turnedAwayLately(200_000)).toBe(0);
});

test("[OP8] every latency that a budget limits is an edge of the histograms", () => {
  const folder = new URL("../../scenarios/budgets/", import.meta.url);
  const limits: number[] = [];
  for (const file of readdirSync(folder)) {
    const { checks } = parse(readFileSync(new URL(file, folder), "utf8")) as {
      checks: { metric: string; limit: unknown }[];
    };
    for (const { metric, limit } of checks) {
      if (!/\((join|reconnect|delivery)\.(latency|time)/.test(metric)) continue;
      const ms = parseQuantity("duration", limit);
      if (ms !== undefined) limits.push(ms / 1_000);
    }
  }
  expect(limits.length).toBeGreaterThan(3);
  for (const limit of limits) expect(JOIN_SECONDS_BUCKETS).toContain(limit);
});

test("[OP9] other addresses, other methods and broken requests are told so", async () => {
  const ask = await asked(seenCluster(), "edge");
  expect((await ask("/")).status).toBe(404);
  expect((await ask("/constructor")).status).toBe(404);
  const posted = await ask("/readyz", { method: "POST", body: "x".repeat(100_000) });
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  const head = await ask("/livez", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  const { port } = new URL((await ask("/livez")).url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write("no http at all\r\n\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toContain("400 Bad Request");
  expect((await ask("/livez")).status).toBe(200);
});
