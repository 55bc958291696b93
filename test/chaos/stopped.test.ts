// SIGSTOP: a node that sleeps for 20 s and returns, then an edge that does for 10 s. Their sockets stay open meanwhile, and they do
// not know that they slept.

import { expect, test } from "vitest";
import { agreed } from "./agreement.ts";
import { CAN_RUN, clearAfterEach, CROWD, largest, staged } from "./scenario.ts";
import type { Stage } from "./stage.ts";

clearAfterEach();

interface NodeRow {
  readonly id: string;
  readonly incarnation: number;
  readonly state: string;
}

async function livesOf(stage: Stage, id: string): Promise<readonly number[]> {
  const lists = await Promise.all(stage.servers.map((server) => server.list<NodeRow>("nodes")));
  return lists.map((nodes) => nodes.find((node) => node.id === id)?.incarnation ?? 0);
}

test.skipIf(!CAN_RUN)(
  "[RS13, ND3, ND5, TR14] a node is stopped for 20 s and returns: its sessions have moved, it begins a later life, nobody is there twice",
  async () => {
    const stage = await staged({ scenario: "node-stopped" });
    const load = await stage.load(CROWD);
    await load.entered();
    await load.talk();
    await stage.idle(3_000);
    const before = await load.where();
    const [life] = new Set(await livesOf(stage, "n0"));
    const { nodes } = await load.census();
    const lost = nodes["n0"]!;
    await load.mark();

    const stoppedAtMs = Date.now();
    stage.server("n0").signal("SIGSTOP");
    const moved = async () =>
      (await load.disturbed()).filter(({ backAtMs }) => backAtMs !== undefined);
    await stage.until("its sessions are back", async () => (await moved()).length >= lost, 19_000);
    const disturbed = await moved();
    const backMs = largest(disturbed.map(({ backAtMs }) => backAtMs! - stoppedAtMs));
    stage.measured("sessions of the stopped node", lost);
    stage.measured("last session back after, ms", Math.round(backMs));
    for (const { client, nodeAfter } of disturbed) {
      expect(before[client]).toBe("n0");
      expect(nodeAfter).not.toBe("n0");
    }
    // Some of those that it had leave for good before it returns: it must not bring them back.
    const leavers = before.flatMap((node, client) =>
      node === "n0" && client % 10 === 3 ? [client] : [],
    );
    expect(leavers.length).toBeGreaterThan(3);
    await load.leave(leavers);
    await stage.idle(Math.max(0, stoppedAtMs + 20_000 - Date.now()));
    stage.server("n0").signal("SIGCONT");

    await stage.until(
      "it begins a later life, and all know",
      async () => (await livesOf(stage, "n0")).every((known) => known > life!),
      20_000,
    );
    stage.measured("later life known after its return, ms", Date.now() - stoppedAtMs - 20_000);
    await stage.acquainted();
    await stage.idle(3_000);
    await load.settled();
    expect((await load.disturbed()).length).toBe(lost);
    const agreement = await agreed(stage, [load], new Set(leavers));
    expect(agreement.spanning).toBe(0);
    // New rooms come to the life that began.
    const late = await stage.load({ ...CROWD, prefix: "late-", rooms: 20 });
    await late.entered();
    expect((await late.census()).nodes["n0"]).toBeGreaterThan(0);
    await late.talk();
    await stage.idle(2_000);
    await late.settled();
    await stage.judged();
  },
);

test.skipIf(!CAN_RUN)(
  "[RS7, RS10, TR10] an edge is stopped for 10 s and returns: nobody is said to have left, and everybody is back",
  async () => {
    const stage = await staged({ scenario: "edge-stopped" });
    const load = await stage.load(CROWD);
    await load.entered();
    await load.talk();
    await stage.idle(3_000);
    await load.mark();

    stage.server("e0").signal("SIGSTOP");
    await stage.idle(10_000);
    const returnedAtMs = Date.now();
    stage.server("e0").signal("SIGCONT");
    await stage.acquainted();
    await stage.until(
      "everybody is live",
      async () => (await load.census()).live === load.size,
      30_000,
    );
    await stage.idle(2_000);
    const disturbed = await load.disturbed();
    const after = disturbed.flatMap(({ backAtMs }) => (backAtMs === undefined ? [] : [backAtMs]));
    stage.measured("clients of the stopped edge that were disturbed", disturbed.length);
    const backMs = largest(after) - returnedAtMs;
    stage.measured("last client back after its return, ms", Math.round(backMs));
    await load.settled();
    await agreed(stage, [load]);
    await stage.judged();
  },
);
