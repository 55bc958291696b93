import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { BusMessage } from "../../core/trunk.ts";
import { MemoryHub, type MemoryBus } from "./memory-bus.ts";

const said = (roomId: string): BusMessage => ({ type: "snapshot-wanted", roomId, by: "n1" });

function hearing(bus: MemoryBus, subject: string): string[] {
  const heard: string[] = [];
  bus.subscribe(subject, (message, sender) => {
    heard.push(`${sender.id} ${(message as { roomId: string }).roomId}`);
  });
  return heard;
}

function cluster(): { hub: MemoryHub; a: MemoryBus; b: MemoryBus; c: MemoryBus } {
  const hub = new MemoryHub();
  const [a, b, c] = ["a", "b", "c"].map((id) => hub.open({ id, trunkUrl: "" }));
  return { hub, a: a!, b: b!, c: c! };
}

test("[NB1] everybody but the speaker hears, after the speaker's turn, in the order of speaking", async () => {
  const { a, b, c } = cluster();
  const [atA, atB, atC] = [a, b, c].map((bus) => hearing(bus, "cluster"));
  a.publish("cluster", said("1"));
  b.publish("cluster", said("2"));
  a.publish("cluster", said("3"));
  expect([...atA!, ...atB!, ...atC!]).toEqual([]);
  await turn();
  expect(atA).toEqual(["b 2"]);
  expect(atB).toEqual(["a 1", "a 3"]);
  expect(atC).toEqual(["a 1", "b 2", "a 3"]);
});

test("[NB1] a subject reaches those who listen to it", async () => {
  const { a, b, c } = cluster();
  const [atB, atC] = [hearing(b, "node.b"), hearing(c, "node.c")];
  a.publish("node.c", said("1"));
  await turn();
  expect([atB, atC]).toEqual([[], ["a 1"]]);
});

test("[NB1] what a listener publishes is heard in a later turn", async () => {
  const { a, b } = cluster();
  const atA = hearing(a, "cluster");
  b.subscribe("cluster", () => b.publish("cluster", said("answer")));
  a.publish("cluster", said("1"));
  await turn();
  expect(atA).toEqual([]);
  await turn();
  expect(atA).toEqual(["b answer"]);
});

test("[NB2] what is published while the bus is down is lost, counted and never heard later", async () => {
  const { hub, a, b } = cluster();
  const atB = hearing(b, "cluster");
  const changes: boolean[] = [];
  a.onChange((isUp) => changes.push(isUp));
  a.publish("cluster", said("under way"));
  hub.setUp(false);
  a.publish("cluster", said("lost"));
  await turn();
  hub.setUp(true);
  a.publish("cluster", said("heard"));
  await turn();
  expect(atB).toEqual(["a heard"]);
  expect(changes).toEqual([false, true]);
  expect(a.counts).toMatchObject({ published: 2, lost: 1 });
});

test("[NB2] a bus that flaps within one turn delivers what was published since, once", async () => {
  const { hub, a, b } = cluster();
  const atB = hearing(b, "cluster");
  a.publish("cluster", said("1"));
  hub.setUp(false);
  hub.setUp(true);
  a.publish("cluster", said("2"));
  await turn();
  await turn();
  expect(atB).toEqual(["a 2"]);
});

test("[NB3] who closed hears nothing; what it said is heard", async () => {
  const { a, b, c } = cluster();
  const [atB, atC] = [hearing(b, "cluster"), hearing(c, "cluster")];
  a.publish("cluster", said("1"));
  void a.close();
  void b.close();
  await turn();
  expect([atB, atC]).toEqual([[], ["a 1"]]);
  expect(a.isUp).toBe(false);
});
