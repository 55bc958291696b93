// The load and its judge, on the embedded server: in this process, and in a child that speaks JSON lines.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { mintToken } from "../../live/auth/mint-token.ts";
import { LoadClient } from "../../live/client/load-client.ts";
import type { LoadVerdict } from "../../live/client/load-judge.ts";
import { nodeSockets } from "../../live/client/node-sockets.ts";
import type { RunningServer } from "../../live/server.ts";
import { SETTINGS } from "./cluster.ts";
import { embeddedServer } from "./embedded-cluster.ts";
import { TEST_SECRET } from "./live-clients.ts";

let server: RunningServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const CLEAN = {
  unanswered: 0,
  refused: {},
  duplicates: 0,
  disordered: 0,
  lost: 0,
  wrongLefts: {},
  sequenceGaps: 0,
  sessionsLost: 0,
  ended: 0,
  rosterMismatches: 0,
  examples: [],
};

test("[CF5] a calm load is clean, and one whose sockets are cut is, too", async () => {
  server = await embeddedServer(SETTINGS);
  const load: LoadClient = new LoadClient({
    urls: [server.edge!.url],
    rooms: 5,
    roomSize: 4,
    prefix: "a-",
    joinsPerSec: 200,
    messagesPerSec: 10,
    openSocket: nodeSockets(),
    policy: { spreadMs: 100 },
    tokenFor: (participantId, roomId) =>
      mintToken(Buffer.from(TEST_SECRET), {
        participantId,
        roomId,
        nowMs: load.driver.nowMs,
        ttlMs: 60_000,
      }),
  });
  load.start();
  expect(await load.entered(8_000)).toBe(true);
  load.talk();
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (let client = 0; client < load.size; client += 3) {
    (load.driver.socketOf(client) as unknown as { terminate(): void }).terminate();
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  load.quiet();
  expect(await load.settle(8_000)).toBe(true);
  const verdict = load.verdict();
  load.stop();
  expect(verdict).toMatchObject({ ...CLEAN, replayed: 7 });
  expect(verdict.joins.count).toBe(20);
  expect(verdict.resumes.count).toBe(7);
  expect(verdict.acknowledged).toBeGreaterThan(100);
  expect(verdict.deliveries).toBe(3 * verdict.acknowledged);
});

test("[CF5] a load in a process of its own is led by JSON lines", async () => {
  server = await embeddedServer(SETTINGS);
  const program = fileURLToPath(new URL("../../dist/live/client/load-worker.js", import.meta.url));
  const child = spawn(process.execPath, [program], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { STORMGLASS_JWT_SECRET: TEST_SECRET },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const told = async (command: object): Promise<Record<string, unknown>> => {
    child.stdin.write(`${JSON.stringify(command)}\n`);
    return JSON.parse((await lines.next()).value as string) as Record<string, unknown>;
  };
  const options = {
    urls: [server.edge!.url],
    rooms: 2,
    roomSize: 3,
    prefix: "b-",
    joinsPerSec: 200,
    messagesPerSec: 20,
  };
  expect(await told({ do: "start", ...options })).toEqual({ did: "start", size: 6 });
  expect(await told({ do: "entered", withinMs: 8_000 })).toMatchObject({ ok: true, live: 6 });
  await told({ do: "talk" });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await told({ do: "quiet" });
  expect(await told({ do: "settle", withinMs: 8_000 })).toMatchObject({ ok: true });
  const { verdict } = (await told({ do: "verdict" })) as { verdict: LoadVerdict };
  expect(verdict).toMatchObject(CLEAN);
  expect(verdict.deliveries).toBe(2 * verdict.acknowledged);
  const ended = once(child, "exit");
  await told({ do: "stop" });
  expect((await ended)[0]).toBe(0);
});
