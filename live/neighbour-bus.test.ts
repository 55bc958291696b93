// Edge and node of one process on a bus that others share.

import { expect, test } from "vitest";
import type { BusMessage } from "../core/trunk.ts";
import { MemoryHub } from "./bus/memory-bus.ts";
import { NeighbourBus } from "./neighbour-bus.ts";

const wanted = (roomId: string): BusMessage => ({ type: "snapshot-wanted", roomId, by: "n9" });
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

function process() {
  const local = new MemoryHub();
  const wide = new MemoryHub();
  const edgeSender = { id: "a-edge", trunkUrl: "" };
  const nodeSender = { id: "a", trunkUrl: "ws://a" };
  const edge = new NeighbourBus(local.open(edgeSender), wide.open(edgeSender), "a");
  const node = new NeighbourBus(local.open(nodeSender), wide.open(nodeSender), "a-edge");
  const other = wide.open({ id: "b", trunkUrl: "ws://b" });
  const heard: string[] = [];
  const listen = (name: string, bus: { subscribe: NeighbourBus["subscribe"] }): void =>
    bus.subscribe("cluster", (message, sender) => {
      heard.push(`${name} hears ${(message as { roomId: string }).roomId} of ${sender.id}`);
    });
  listen("edge", edge);
  listen("node", node);
  listen("other", other);
  return { wide, edge, node, other, heard };
}

test("[SV19] neighbours hear each other once, others too, and nobody hears himself", async () => {
  const { edge, node, other, heard } = process();
  node.publish("cluster", wanted("r1"));
  edge.publish("cluster", wanted("r2"));
  other.publish("cluster", wanted("r3"));
  await turn();
  expect(heard.sort()).toEqual([
    "edge hears r1 of a",
    "edge hears r3 of b",
    "node hears r2 of a-edge",
    "node hears r3 of b",
    "other hears r1 of a",
    "other hears r2 of a-edge",
  ]);
});

test("[SV19] neighbours hear each other while the bus is down, and are told that it is", async () => {
  const { wide, edge, node, heard } = process();
  const changes: boolean[] = [];
  edge.onChange((isUp) => changes.push(isUp));
  wide.setUp(false);
  expect([edge.isUp, node.isUp]).toEqual([false, false]);
  node.publish("cluster", wanted("r1"));
  await turn();
  expect(heard).toEqual(["edge hears r1 of a"]);
  wide.setUp(true);
  expect([changes, edge.isUp, node.counts.lost]).toEqual([[false, true], true, 1]);
  await edge.close();
  node.publish("cluster", wanted("r2"));
  await turn();
  expect(heard).toEqual(["edge hears r1 of a", "other hears r2 of a"]);
});
