// Resume tokens in the wrong hands, too late, too old or changed: what each is worth, and that it never opens another session.

import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { HmacResumeSeal } from "../../live/auth/resume-seal.ts";
import { secretBytes } from "../../live/auth/secret.ts";
import type { RawFrame } from "../parts/raw-client.ts";
import { CLUSTER_SECRET, guarded, type Guarded, honestPairTalks, tokenFor } from "./guarded.ts";
import type { Wire } from "./wire.ts";

interface Ticket {
  readonly room: string;
  readonly token: string;
  readonly session: string;
  readonly last: number;
}

function ticketOf(room: string, { d }: RawFrame, session = ""): Ticket {
  const { resume, session: own = session } = d as {
    resume: { token: string };
    session?: string;
  };
  return { room, token: resume.token, session: own, last: 0 };
}

async function member(at: Guarded, room: string, name: string): Promise<[Wire, Ticket]> {
  const wire = await at.dial();
  const joined = await wire.join(room, tokenFor(room, name));
  expect(joined.t).toBe("joined");
  return [wire, ticketOf(room, joined)];
}

/** What somebody is told who shows this. */
async function shown(at: Guarded, d: object): Promise<string> {
  const wire = await at.dial();
  const { t, d: body } = await wire.resume(d);
  wire.cut();
  return t === "resumed" ? t : `${String(body?.["code"])} ${String(body?.["reason"] ?? "")}`.trim();
}

const seal = new HmacResumeSeal([secretBytes(CLUSTER_SECRET)]);

test("[RS4] [AU10] what was changed, cut or sealed by another opens nothing", async () => {
  const at = await guarded();
  const [ann, ticket] = await member(at, "den", "ann");
  const [ben] = await member(at, "den", "ben");
  const { token } = ticket;
  const claims = seal.open(token)!;
  expect(claims).toMatchObject({ roomId: "den", participantId: "ann" });
  const other = new HmacResumeSeal([secretBytes("another secret, as long as ours is here")]);
  const middle = Math.floor(token.length / 2);
  const changed = {
    "": "",
    "one letter": `${token.slice(0, middle)}${token[middle] === "A" ? "B" : "A"}${token.slice(middle + 1)}`,
    "cut short": token.slice(0, -1),
    "half of it": token.slice(0, middle),
    longer: `${token}A`,
    padded: `${token}=`,
    "in capitals": token.toUpperCase(),
    "another version": `r2${token.slice(2)}`,
    "two of them": token + token,
    "sealed by another": other.seal(claims),
    "a join token": tokenFor("den", "ann"),
    "a lone surrogate": `${token.slice(0, -1)}\ud83d`,
  };
  for (const [what, token] of Object.entries(changed)) {
    expect([what, await shown(at, { ...ticket, token })]).toEqual([
      what,
      "resume_rejected expired",
    ]);
  }
  expect(await shown(at, { ...ticket, token: token.repeat(30) })).toMatch(/^too_large|4002/);
  expect([ann.hasEnded, ben.frames.some(({ t }) => t === "participant-left")]).toEqual([
    false,
    false,
  ]);
  expect(await shown(at, ticket)).toBe("resumed");
  await honestPairTalks(at.url);
});

test("[RS4] a token opens its own room and session only, whatever is written beside it", async () => {
  const at = await guarded();
  const [, den] = await member(at, "den", "ann");
  const [eve] = await member(at, "attic", "eve");
  expect(await shown(at, { ...den, room: "attic" })).toBe("resume_rejected unknown");
  expect(await shown(at, { ...den, room: "Den" })).toBe("resume_rejected unknown");
  for (const wrong of [
    { sessionId: "n0.1.99" },
    { session: 99, sessionId: "n0.1.99" },
    { session: 1 }, // Eve's.
    { participantId: "eve", session: 1 },
    { roomId: "attic", session: 0 },
  ]) {
    const claims = { ...seal.open(den.token)!, ...wrong };
    const answer = await shown(at, { ...den, room: claims.roomId, token: seal.seal(claims) });
    expect([wrong, answer]).toEqual([wrong, expect.stringMatching(/^resume_rejected/)]);
  }
  expect(eve.hasEnded).toBe(false);
});

test("[RS5] [RS6] a stolen token is good until its owner has used two newer ones, then for ever for nothing", async () => {
  const at = await guarded();
  const [first, stolen] = await member(at, "den", "ann");
  let owner = first;
  let ticket = stolen;
  for (const rotation of [1, 2]) {
    const next = await at.dial();
    const resumed = await next.resume(ticket);
    expect([rotation, resumed.t]).toEqual([rotation, "resumed"]);
    expect(await owner.closed()).toBe(4409);
    owner = next;
    ticket = ticketOf("den", resumed, stolen.session);
  }
  for (let i = 0; i < 5; i++) expect(await shown(at, stolen)).toBe("resume_rejected replaced");
  expect(owner.hasEnded).toBe(false);
  owner.send({ t: "ping", d: { ts: 3 } });
  await owner.heard(({ t }) => t === "pong");

  const thief = await at.dial();
  expect((await thief.resume(ticket)).t).toBe("resumed"); // The newest: bearer tokens are what they are,
  expect(await owner.closed()).toBe(4409); // and the owner hears of it.
});

test("[RS19] [RS20] [RS6] tokens that are too old, of a kicked member, of one who left or joined anew", async () => {
  const at = await guarded({
    resume: { ttlMs: 1_000 },
    cluster: { sessions: { presenceGraceMs: 5_000 } },
  });
  const [old, oldTicket] = await member(at, "den", "old");
  const [, kicked] = await member(at, "den", "kicked");
  const [left, leftTicket] = await member(at, "den", "left");
  const [anew, anewTicket] = await member(at, "den", "anew");
  at.server.node!.driver.tell((core, nowMs) => core.kickAsked("den", "kicked", nowMs));
  left.send({ t: "leave" });
  expect(await left.closed()).toBe(1000);
  const [again] = await member(at, "den", "anew");
  expect(await anew.closed()).toBe(4409);

  expect(await shown(at, kicked)).toBe("resume_rejected expired");
  expect(await shown(at, leftTicket)).toBe("resume_rejected expired");
  expect(await shown(at, anewTicket)).toBe("resume_rejected replaced");
  const claims = seal.open(oldTicket.token)!;
  while (Date.now() <= claims.validUntilMs) await pause(50);
  expect(await shown(at, oldTicket)).toBe("resume_rejected expired");
  expect([old.hasEnded, again.hasEnded]).toEqual([false, false]);
});

test("[RS1] replays without end of stolen tokens end in refusals, and the room hears nothing of them", async () => {
  const at = await guarded();
  const [ann, stolen] = await member(at, "den", "ann");
  const [ben] = await member(at, "den", "ben");
  ann.cut();
  const back = await at.dial();
  const mine = await back.resume(stolen);
  const newest = await at.dial();
  expect((await newest.resume(ticketOf("den", mine, stolen.session))).t).toBe("resumed");

  const answers = new Set<string>();
  const attackers = await Promise.all(Array.from({ length: 10 }, () => at.dial()));
  await Promise.all(
    attackers.map(async (wire, i) => {
      for (let n = 0; n < 30; n++) {
        const claims = { ...seal.open(stolen.token)!, rotation: i % 2 === 0 ? 60_000 : 0 };
        const { t, d } = await wire.resume({ ...stolen, token: seal.seal(claims) });
        answers.add(`${t} ${String(d?.["reason"])}`);
      }
    }),
  );
  expect([...answers]).toEqual(["error replaced"]);
  expect(newest.hasEnded).toBe(false);
  const heard = ben.frames.filter(({ t }) => t.startsWith("participant-")).map(({ t }) => t);
  expect(heard).toEqual([]);
  await honestPairTalks(at.url);
});
