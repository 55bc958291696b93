// Every process of the cluster is drained and replaced, one after the other, while everybody talks.

import { expect, test } from "vitest";
import { agreed } from "./agreement.ts";
import { CAN_RUN, clearAfterEach, CROWD, largest, staged } from "./scenario.ts";

clearAfterEach();

test.skipIf(!CAN_RUN)(
  "[SV11, SV17, DO4, RS11, RS17] a rolling restart of all nodes and edges: nobody is said to have left, and no client ends",
  async () => {
    const settings = ["drain.within=3s", "drain.deadline=20s"];
    const stage = await staged({ scenario: "rolling-restart", settings });
    const load = await stage.load(CROWD);
    await load.entered();
    await load.talk();
    await stage.idle(2_000);
    await load.mark();

    const ids = stage.servers.map(({ id }) => id);
    expect(ids).toHaveLength(5);
    const begunAtMs = Date.now();
    for (const id of ids) {
      const old = stage.server(id);
      await stage.replace(id, "SIGTERM", 25_000);
      expect(await old.ended).toBe(0);
      expect(stage.server(id).pid).not.toBe(old.pid);
      await stage.acquainted();
      await stage.idle(1_000);
    }
    stage.measured("five processes replaced in, ms", Date.now() - begunAtMs);
    await load.settled();
    const disturbed = await load.disturbed();
    stage.measured("resumes", disturbed.length);
    const awayMs = disturbed.map(({ atMs, backAtMs }) => backAtMs! - atMs);
    stage.measured("longest away, ms", Math.round(largest(awayMs)));
    expect(new Set(disturbed.map(({ how }) => how))).not.toContain("join");
    await agreed(stage, [load]);
    await stage.judged();
  },
);
