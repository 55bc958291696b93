import { expect, test } from "vitest";
import { bucketShape } from "../budgets/token-bucket.ts";
import { Door, OPEN_DOOR } from "./door.ts";
import { EdgeBench } from "./edge-bench.ts";

const POLICY = {
  ...OPEN_DOOR,
  connectionsMax: 5,
  perAddressMax: 2,
  handshakes: bucketShape(10, 4, 0),
  rejections: bucketShape(1, 2, 0),
};

test("[DO1] the third socket of an address is told so, then refused, and other addresses are welcome", () => {
  const door = new Door(POLICY);
  door.entered("10.0.0.1", 0);
  door.entered("10.0.0.1", 0);
  const verdicts = [0, 1, 2].map(() => door.knocked("10.0.0.1", 2, false, 0));
  expect(verdicts).toEqual(["busy", "busy", "refused"]);
  expect(door.knocked("10.0.0.2", 2, false, 0)).toBe("welcome");
  expect(door.knocked("10.0.0.3", 5, false, 5_000)).toBe("busy"); // Five sockets in all.
  expect(door.turnedAway).toBe(4);
});

test("[DO1] an address may shake hands at its rate", () => {
  const door = new Door({ ...POLICY, perAddressMax: Infinity, connectionsMax: Infinity });
  const verdicts = [0, 1, 2, 3, 4].map(() => door.knocked("a", 0, false, 0));
  expect(verdicts).toEqual(["welcome", "welcome", "welcome", "welcome", "busy"]);
  expect(door.knocked("a", 0, false, 100)).toBe("welcome"); // 10 per second: one came back.
  expect(door.knocked("a", 0, false, 100)).toBe("busy");
});

test("[DO2] a socket counts until it is released, whoever ended it", () => {
  const edge = new EdgeBench({ door: POLICY });
  const [first, second] = [edge.core.opened(0, "a"), edge.core.opened(0, "a")];
  expect(edge.core.knocked("a", 0)).toBe("busy");
  edge.core.closed(first);
  expect(edge.core.knocked("a", 0)).toBe("welcome");
  edge.core.opened(0, "a");
  expect(edge.core.knocked("a", 1_000)).toBe("busy");
  edge.core.deadlinePassed(5_000); // Nobody authenticated: all are closed.
  expect(edge.orders("close").map(({ connection }) => connection)).toContain(second);
  expect(edge.core.knocked("a", 5_000)).toBe("welcome");
});

test("[DO2] addresses that are gone are forgotten", () => {
  const door = new Door(POLICY);
  for (let i = 0; i < 5_000; i++) door.knocked(`10.0.${i >> 8}.${i & 255}`, 0, false, i * 1_000);
  expect(door.addressCount).toBeLessThan(2_100);
});

test("[DO1] who is let in to be told busy is told when to come back, and closed with 4100", () => {
  const edge = new EdgeBench({ door: POLICY });
  const connection = edge.core.openedBusy(0, "a");
  const orders = edge.outbox.take();
  expect(orders).toMatchObject([
    { order: "write", connection, message: { body: { code: "busy", retryAfterMs: 1_000 } } },
    { order: "close", connection, code: 4100 },
  ]);
  expect(edge.core.connections.handles.count).toBe(0);
});
