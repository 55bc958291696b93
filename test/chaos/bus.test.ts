// The bus is stopped and started while everybody talks, and while people come.

import { expect, test } from "vitest";
import { agreed } from "./agreement.ts";
import { CAN_RUN, clearAfterEach, CROWD, staged } from "./scenario.ts";
import type { Stage } from "./stage.ts";

clearAfterEach();

async function isEverybody(stage: Stage, status: "ok" | "degraded"): Promise<boolean> {
  const all = await Promise.all(stage.servers.map((server) => server.health()));
  return all.every((health) => health.status === status);
}

test.skipIf(!CAN_RUN)(
  "[ND2, RM10, RM14, OP4] the bus is away for 10 s: rooms on one node feel nothing, and rooms on two agree afterwards",
  async () => {
    // A room of 90 does not fit into a node of 80: it spans two.
    const stage = await staged({ scenario: "bus-restarted", settings: ["node.maxConnections=80"] });
    const hall = await stage.load({
      ...CROWD,
      prefix: "hall-",
      rooms: 1,
      roomSize: 90,
      messagesPerSec: 0.1,
      statesPerSec: 0.1,
      cursorsPerSec: 0,
    });
    await hall.entered();
    const load = await stage.load({ ...CROWD, rooms: 20 });
    await load.entered();
    expect((await agreed(stage, [load, hall])).spanning).toBe(1);
    await load.talk();
    await hall.talk();
    await stage.idle(2_000);
    await load.mark();
    await hall.mark();

    await stage.nats.stop("SIGKILL");
    await stage.until("all say degraded", () => isEverybody(stage, "degraded"), 10_000);
    for (const server of stage.servers) {
      expect((await server.health()).reasons).toContain("bus-down");
    }
    // Longer than a lease: no silence means anything meanwhile. And people come.
    const late = await stage.load({ ...CROWD, prefix: "late-", rooms: 6 });
    await late.entered();
    await late.talk();
    await stage.idle(9_000);
    expect(await load.disturbed()).toEqual([]);

    await stage.nats.start();
    const backAtMs = Date.now();
    await stage.until("all say ok", () => isEverybody(stage, "ok"), 15_000);
    stage.measured("well again after the bus is back, ms", Date.now() - backAtMs);
    await stage.idle(3_000);
    await load.settled();
    await late.settled();
    await hall.settled();
    expect(await load.disturbed()).toEqual([]);
    expect(await hall.disturbed()).toEqual([]);
    await agreed(stage, [load, hall, late]);
    // What is published while the bus is down reaches no other node (RM3); on one node nothing is lost.
    await stage.judged([hall]);
  },
);
