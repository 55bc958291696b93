// SIGKILL: a node, then an edge, while everybody talks.

import { expect, test } from "vitest";
import { agreed } from "./agreement.ts";
import { CAN_RUN, clearAfterEach, CROWD, largest, staged } from "./scenario.ts";

clearAfterEach();

/** Sessions that a node takes per second, and the share of it that is for resumes (node.admission.*). */
const ADMIT_PER_SEC = 60;
const RESUME_RATIO = 0.7;
/** What is not the window: a resume may wait for a token (node.admission.queue), and processes have to be given the processor. */
const MARGIN_MS = 2_000 + 1_000;

test.skipIf(!CAN_RUN)(
  "[WD3, WD5, WD6, RS11] a node is killed: its sessions are back in-band within 1.25 × N / R, and nobody else notices",
  async () => {
    const settings = [`node.admission.rate=${ADMIT_PER_SEC}/s`, "node.admission.burst=30"];
    const stage = await staged({ scenario: "node-killed", settings });
    const load = await stage.load(CROWD);
    await load.entered();
    await load.talk();
    await stage.idle(3_000); // A beat says how many each node has.
    const before = await load.where();
    const { nodes } = await load.census();
    await load.mark();

    const killedAtMs = Date.now();
    stage.server("n0").signal("SIGKILL");
    const lost = nodes["n0"]!;
    expect(lost).toBeGreaterThan(30);
    await stage.until(
      "all of the node's sessions are back",
      async () => {
        const back = (await load.disturbed()).filter(({ backAtMs }) => backAtMs !== undefined);
        return back.length >= lost;
      },
      30_000,
    );
    await stage.idle(3_000);
    const disturbed = await load.disturbed();
    await load.settled();

    const strangers = disturbed.filter(({ client }) => before[client] !== "n0");
    expect(strangers).toEqual([]);
    expect(disturbed.length).toBe(lost);
    for (const { isInBand, how } of disturbed) {
      expect([isInBand, how]).toEqual([true, "snapshot"]);
    }
    const backMs = largest(disturbed.map(({ backAtMs }) => backAtMs! - killedAtMs));
    const objectiveMs = (1.25 * 1_000 * lost) / (2 * ADMIT_PER_SEC * RESUME_RATIO);
    stage.measured("sessions of the killed node", lost);
    stage.measured("1.25 × N / R, ms", Math.round(objectiveMs));
    stage.measured("last session back after, ms", Math.round(backMs));
    expect(backMs).toBeLessThan(objectiveMs + MARGIN_MS);
    await agreed(stage, [load]);
    await stage.judged();
  },
);

test.skipIf(!CAN_RUN)(
  "[RS7, RS10, RS15] an edge is killed: its clients dial another, resume by replay, and nobody is said to have left",
  async () => {
    const stage = await staged({ scenario: "edge-killed" });
    const load = await stage.load(CROWD);
    await load.entered();
    await load.talk();
    await stage.idle(3_000);
    const onEdge = (await stage.server("e0").list("connections")).length;
    expect(onEdge).toBeGreaterThan(30);
    await load.mark();

    const killedAtMs = Date.now();
    stage.server("e0").signal("SIGKILL");
    await stage.until(
      "all of the edge's clients are back",
      async () => {
        const back = (await load.disturbed()).filter(({ backAtMs }) => backAtMs !== undefined);
        return back.length >= onEdge;
      },
      30_000,
    );
    await stage.idle(2_000);
    const disturbed = await load.disturbed();
    await load.settled();

    expect(disturbed.length).toBe(onEdge);
    for (const { how, node, nodeAfter } of disturbed) {
      expect([how, nodeAfter]).toEqual(["replay", node]);
    }
    stage.measured("clients of the killed edge", onEdge);
    const backMs = largest(disturbed.map(({ backAtMs }) => backAtMs! - killedAtMs));
    stage.measured("last client back after, ms", Math.round(backMs));
    await agreed(stage, [load]);
    await stage.judged();
  },
);
