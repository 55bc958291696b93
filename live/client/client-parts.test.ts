// Wake-ups, and where the SDK runs.

import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { WakeUps } from "./wake-ups.ts";

test("every client is woken at its earliest instant, in order", () => {
  vi.useFakeTimers();
  try {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(7), fc.integer({ min: 1, max: 500 })), { maxLength: 40 }),
        (asked) => {
          const beganMs = performance.now();
          const clock = { nowMs: () => performance.now() - beganMs };
          const woken: [number, number][] = [];
          const wakeUps = new WakeUps(clock, (client) => woken.push([client, clock.nowMs()]));
          const earliest = new Map<number, number>();
          for (const [client, dueMs] of asked) {
            wakeUps.at(client, dueMs);
            earliest.set(client, Math.min(earliest.get(client) ?? Infinity, dueMs));
          }
          vi.advanceTimersByTime(600);
          wakeUps.stop();
          expect(woken.map(([client]) => client).sort()).toEqual([...earliest.keys()].sort());
          for (const [client, atMs] of woken) expect(atMs).toBe(earliest.get(client));
          const times = woken.map(([, atMs]) => atMs);
          expect(times).toEqual([...times].sort((a, b) => a - b));
        },
      ),
      { seed: 7, numRuns: 60 },
    );
  } finally {
    vi.useRealTimers();
  }
});

test("[SK6] the SDK imports nothing of Node and no package: it runs in a browser as it is", () => {
  const reached = new Set<string>();
  const foreign: string[] = [];
  const visit = (url: URL): void => {
    if (reached.has(url.href)) return;
    reached.add(url.href);
    expect(existsSync(url)).toBe(true);
    const text = readFileSync(url, "utf8");
    for (const [, type, name] of text.matchAll(
      /^(?:import|export) (type )?[^;]*?from "([^"]+)";/gms,
    )) {
      if (type !== undefined) continue;
      if (name!.startsWith(".")) visit(new URL(name!, url));
      else foreign.push(`${url.pathname}: ${name}`);
    }
    expect(text).not.toMatch(/\bprocess\.|\bsetImmediate\(|\bBuffer\b/);
  };
  visit(new URL("stormglass-client.ts", import.meta.url));
  expect(foreign).toEqual([]);
  expect(reached.size).toBeGreaterThan(20);
});
