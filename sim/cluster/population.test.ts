import { expect, test } from "vitest";
import { builtinScenario } from "../../test/scenarios.ts";
import { Ingress } from "./ingress.ts";
import { Population } from "./population.ts";
import type { Scenario } from "../../scenarios/schema.ts";

/** A uniform storm over 30 s: 4 edges, enterprise rooms. */
function builtinForTests(total: number): Scenario {
  return builtinScenario("join-storm-100k", [`clients.total=${total}`, "cluster.edges.count=4"]);
}

test("everybody has a room, rooms have the sizes of the table, and arrivals the shape of the phase", () => {
  const population = new Population(builtinForTests(20_000), 7);
  const sizes = Array.from({ length: population.roomCount }, (_, room) => population.sizeOf(room));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(20_000);
  const twos = sizes.filter((size) => size === 2).length / sizes.length;
  expect(twos).toBeGreaterThan(0.42); // The enterprise mix: 45 % of the rooms are of two.
  expect(twos).toBeLessThan(0.48);
  expect(Math.max(...sizes)).toBeGreaterThan(100);
  const firstHalf = population.arrivesAtUs.filter((atUs) => atUs < 15e6).length;
  expect(firstHalf).toBe(10_000); // Uniform over 30 s.
});

test("what a room was booked for is its size to within 40 %", () => {
  const population = new Population(builtinForTests(5_000), 3);
  for (let room = 0; room < population.roomCount; room++) {
    const size = population.sizeOf(room);
    const booked = population.bookedSizeOf[room]!;
    expect(Math.abs(booked - size)).toBeLessThanOrEqual(0.4 * size + 0.5);
  }
});

test("the ingress keeps a room together, and an edge that is down moves its own rooms only", () => {
  const down = new Set<number>();
  const scenario = builtinForTests(1_000);
  const ingress = new Ingress(
    scenario,
    1,
    (room) => `room-${room}`,
    (edge) => !down.has(edge),
  );
  const before = Array.from({ length: 300 }, (_, room) => ingress.edgeFor(room));
  expect(new Set(before).size).toBe(scenario.cluster.edges.count);
  expect(Array.from({ length: 300 }, (_, room) => ingress.edgeFor(room))).toEqual(before);
  down.add(2);
  const after = Array.from({ length: 300 }, (_, room) => ingress.edgeFor(room));
  after.forEach((edge, room) => {
    if (before[room] !== 2) expect(edge).toBe(before[room]);
    else expect(edge).not.toBe(2);
  });
  for (let edge = 0; edge < scenario.cluster.edges.count; edge++) down.add(edge);
  expect(ingress.edgeFor(5)).toBe(-1);
});
