// Partitions: every process in a network namespace of its own, and links between them that swallow what is sent.

import { afterAll, beforeAll, expect, test } from "vitest";
import { agreed } from "./agreement.ts";
import { Network, whyNoNetwork } from "./network.ts";
import { CAN_RUN, clearAfterEach, CROWD, staged } from "./scenario.ts";

const why = whyNoNetwork();
if (why !== undefined) {
  console.warn(`SKIPPED: partitions in network namespaces: ${why}.`);
}

let network: Network | undefined;
beforeAll(() => {
  if (CAN_RUN && why === undefined) network = new Network();
});
clearAfterEach();
afterAll(() => network?.close());

const placeOf = (id: string) => network!.place(id);

test.skipIf(!CAN_RUN || why !== undefined)(
  "[ND4, ND5, RM11, RS13] two nodes are cut from each other and from the bus for 15 s: their rooms move, and after it all agree",
  async () => {
    const stage = await staged({ scenario: "nodes-partitioned", placeOf });
    const load = await stage.load(CROWD);
    await load.entered();
    await load.talk();
    await stage.idle(2_000);
    const { nodes } = await load.census();
    const cutOff = nodes["n0"]! + nodes["n1"]!;
    await load.mark();

    const cutAtMs = Date.now();
    network!.cut([
      ["n0", "n1"],
      ["n0", "bus"],
      ["n1", "bus"],
    ]);
    await stage.idle(15_000);
    const backBefore = (await load.disturbed()).filter(({ backAtMs }) => backAtMs !== undefined);
    stage.measured("sessions of the two nodes", cutOff);
    stage.measured("of those, moved while they were cut off", backBefore.length);
    const lastMs = backBefore.reduce((max, { backAtMs }) => Math.max(max, backAtMs! - cutAtMs), 0);
    stage.measured("last of them back after, ms", Math.round(lastMs));
    const healedAtMs = Date.now();
    network!.heal();
    await stage.acquainted(3, 40_000);
    stage.measured("all know all again after the healing, ms", Date.now() - healedAtMs);
    await stage.idle(3_000);
    await load.settled();
    const { spanning } = await agreed(stage, [load]);
    stage.measured("rooms on several nodes at the end", spanning);
    // A node answers for what it handed to its trunks and the bus (RM3), and both swallowed it: that is measured, not denied.
    await stage.judged([load], true);
  },
);

test.skipIf(!CAN_RUN || why !== undefined)(
  "[ND1, RM11, RS13] the link between an edge and a node is cut for 12 s: rooms span or move, nobody leaves, and after it all agree",
  async () => {
    const stage = await staged({ scenario: "link-cut", placeOf });
    const load = await stage.load(CROWD);
    await load.entered();
    await load.talk();
    await stage.idle(2_000);
    await load.mark();

    const cutAtMs = Date.now();
    network!.cut([["e0", "n0"]]);
    await stage.until(
      "the edge says that a node is out of reach",
      async () => (await stage.server("e0").health()).reasons.includes("node-unreachable"),
      15_000,
    );
    stage.measured("noticed after, ms", Date.now() - cutAtMs);
    await stage.idle(Math.max(0, cutAtMs + 12_000 - Date.now()));
    const disturbed = await load.disturbed();
    expect(new Set(disturbed.map(({ node }) => node))).toEqual(new Set(["n0"]));
    expect(disturbed.every(({ backAtMs }) => backAtMs !== undefined)).toBe(true);
    stage.measured("sessions that moved", disturbed.length);
    network!.heal();
    await stage.acquainted(3, 30_000);
    await stage.idle(2_000);
    await load.settled();
    const { spanning } = await agreed(stage, [load]);
    stage.measured("rooms on several nodes at the end", spanning);
    // A node answers for what it handed to its trunks and the bus (RM3), and both swallowed it: that is measured, not denied.
    await stage.judged([load], true);
  },
);
