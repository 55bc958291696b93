import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TurnRestIceServers, turnCredential } from "../live/ice-servers.ts";
import { canAllocate, type Coturn, hasCoturn, startCoturn } from "./parts/coturn.ts";

const SECRET = "the secret shared with coturn";
const HOUR_MS = 3_600_000;

describe.runIf(hasCoturn)("with a real coturn", () => {
  let coturn: Coturn;
  beforeAll(async () => {
    coturn = await startCoturn(SECRET);
  });
  afterAll(() => coturn.dispose());

  /** What a participant is told, made at `nowMs` by who knows `turnSecret`. */
  function told(participantId: string, nowMs: number, turnSecret = SECRET) {
    const urls = ["stun:127.0.0.1:3478", coturn.url];
    const servers = new TurnRestIceServers({ urls, turnSecret, ttlMs: HOUR_MS });
    const body = servers.for(participantId, nowMs)!;
    return body.servers[1] as { username: string; credential: string };
  }

  test("[AU14] credentials that we tell allocate, whatever letters the participant's id has", async () => {
    const ids = ["alice", "p:bob@example.org", "-._:@"];
    const allocated = await Promise.all(
      ids.map((id) => {
        const { username, credential } = told(id, Date.now());
        return canAllocate(coturn.port, username, credential);
      }),
    );
    expect(allocated).toEqual([true, true, true]);
  });

  test("[AU14] credentials that are over, forged, lengthened or another's allocate nothing", async () => {
    const alice = told("alice", Date.now());
    const over = told("alice", Date.now() - HOUR_MS - 60_000);
    const forged = told("alice", Date.now(), "a guess");
    const lengthened = over.username.replace(/^\d+/, (expiry) => String(Number(expiry) + 7_200));
    const cases: readonly (readonly [string, string])[] = [
      [over.username, over.credential],
      [forged.username, forged.credential],
      [lengthened, over.credential],
      [alice.username.replace("alice", "mallory"), alice.credential],
      [alice.username, "none"],
      ["alice", turnCredential(SECRET, "alice")],
    ];
    for (const [username, credential] of cases) {
      const allocated = await canAllocate(coturn.port, username, credential);
      expect([username, allocated]).toEqual([username, false]);
    }
  });
});
