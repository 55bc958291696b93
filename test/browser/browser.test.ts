// Two people in two tabs of a real browser, with cameras, over a real server that dies.

import type { Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { DEV_SECRET } from "../../live/auth/dev-secret.ts";
import { mintToken } from "../../live/auth/mint-token.ts";
import { silentLog } from "../../live/operations/log.ts";
import { type RunningServer, startServer } from "../../live/server.ts";
import { settingsWith } from "../../live/settings-schema.ts";
import { hasChromium, openChromium, servePage } from "../parts/chromium.ts";
import { callState, type CallState, enterRoom, say, until } from "./call.ts";

if (!hasChromium) console.warn("SKIPPED: there is no Chromium, so nothing is tried in a browser.");

let browser: Browser;
let site: { url: string; server: Server };
const running: RunningServer[] = [];

beforeAll(async () => {
  if (!hasChromium) return;
  [browser, site] = await Promise.all([openChromium(), servePage()]);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

afterAll(async () => {
  await browser?.close();
  site?.server.close();
});

async function serve(port = 0): Promise<RunningServer> {
  const loopback = { host: "127.0.0.1", port: 0 };
  const settings = settingsWith({
    operations: loopback,
    admin: loopback,
    jwt: { secret: DEV_SECRET },
    edge: { host: "127.0.0.1", port },
  });
  const server = await startServer(settings, { log: silentLog });
  running.push(server);
  return server;
}

/** A tab of its own, in the room. */
async function enter(server: RunningServer, name: string): Promise<Page> {
  const context = await browser.newContext({ permissions: ["camera"] });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(site.url);
  await page.waitForFunction("typeof enterRoom === 'function'");
  const nowMs = Date.now();
  const request = { participantId: name, roomId: "call", nowMs, ttlMs: 600_000 };
  const token = mintToken(Buffer.from(DEV_SECRET), request);
  await enterRoom(page, { url: server.edge!.url, token, room: "call", name });
  expect(errors).toEqual([]);
  return page;
}

test.skipIf(!hasChromium)(
  "[SK8, NG11, NG13] two tabs see each other, and the death of their server does not stop the pictures",
  async () => {
    const first = await serve();
    const ada = await enter(first, "ada");
    const bob = await enter(first, "bob");
    await Promise.all([
      until(ada, ({ frames }) => frames > 5, "ada sees bob"),
      until(bob, ({ frames }) => frames > 5, "bob sees ada"),
    ]);
    await say(ada, { text: "hello" });
    await until(bob, ({ messages }) => messages.length === 1, "bob hears ada");

    // The process is gone, with everything it knew; pictures go on meanwhile.
    const { port } = first.edge!;
    await first.stop();
    await until(ada, ({ events }) => events.includes("disrupted"), "ada notices");
    const before = (await callState(ada)).frames;
    await until(ada, ({ frames }) => frames > before + 10, "pictures go on without signaling");

    // Another one takes its place: both come back to the call, and are told of nobody's leaving.
    await serve(port);
    const back = ({ events, others }: CallState): boolean =>
      others.length === 1 && events.some((event) => event === "resumed" || event === "lost");
    await Promise.all([until(ada, back, "ada is back"), until(bob, back, "bob is back")]);
    await say(bob, { text: "still there?" });
    const state = await until(ada, ({ messages }) => messages.length === 1, "ada hears bob");
    expect(state.ice).toMatch(/^(connected|completed)$/);
    expect(state.events).not.toContain("left");
    expect(state.events).not.toContain("peerGone");
    const after = state.frames;
    await until(ada, ({ frames }) => frames > after + 10, "the pictures were never renewed");
  },
);
