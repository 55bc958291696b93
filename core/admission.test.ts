import fc from "fast-check";
import { expect, test } from "vitest";
import { Admission, ADMISSION_LIMITS, type AdmissionLimits, spreadMs } from "./admission.ts";

function admission(changes: Partial<AdmissionLimits> = {}): Admission {
  return new Admission({ ...ADMISSION_LIMITS, admitPerSec: 100, ...changes });
}

/** Plays all releases until `untilMs` and returns "+ticket@ms" and "-ticket@ms". */
function played(gate: Admission, untilMs: number): string[] {
  const log: string[] = [];
  for (let atMs = gate.nextDeadlineMs(); atMs <= untilMs; atMs = gate.nextDeadlineMs()) {
    const at = Math.round(atMs);
    gate.release(
      atMs,
      (ticket) => log.push(`+${ticket}@${at}`),
      (ticket) => log.push(`-${ticket}@${at}`),
    );
  }
  return log;
}

test("[AD1] an idle gate admits a burst of both shares, then queues in order", () => {
  const gate = admission(); // Depth 7 for resumes and 3 for joins.
  const verdicts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((ticket) => {
    return gate.request("join", ticket, 0, Infinity);
  });

  expect(verdicts.filter((verdict) => verdict === "admitted")).toHaveLength(10);
  expect(verdicts.slice(10)).toEqual(["queued", "queued"]);
  expect(gate.waitingCount).toBe(2);
  expect(played(gate, 1_000)).toEqual(["+11@14", "+12@29"]);
  expect(gate.nextDeadlineMs()).toBe(Infinity);
});

test("[AD2] under full load resumes get seven tenths and joins three", () => {
  const gate = admission({ queueMax: 20 });
  const admitted = { resume: 0, join: 0 };
  let ticket = 0;
  const kinds = new Map<number, "resume" | "join">();
  for (let nowMs = 0; nowMs < 60_000; nowMs += 2) {
    for (const kind of ["join", "resume"] as const) {
      ticket += 1;
      kinds.set(ticket, kind);
      if (gate.request(kind, ticket, nowMs, Infinity) === "admitted") admitted[kind] += 1;
    }
    gate.release(
      nowMs,
      (t) => (admitted[kinds.get(t) ?? "join"] += 1),
      () => undefined,
    );
  }

  expect(Math.abs(admitted.resume / 60 - 70)).toBeLessThan(0.5);
  expect(Math.abs(admitted.join / 60 - 30)).toBeLessThan(0.5);
});

test.each(["join", "resume"] as const)("[AD2] alone, %s borrows the whole rate", (kind) => {
  const gate = admission({ queueMax: 20 });
  let admitted = 0;
  for (let nowMs = 0; nowMs < 20_000; nowMs += 1) {
    if (gate.request(kind, nowMs, nowMs, Infinity) === "admitted") admitted += 1;
    gate.release(
      nowMs,
      () => (admitted += 1),
      () => undefined,
    );
  }

  expect(Math.abs(admitted / 20 - 100)).toBeLessThan(1);
});

test("[AD2] as soon as a resume waits, joins borrow no more", () => {
  const gate = admission();
  for (let ticket = 0; ticket < 40; ticket += 1) gate.request("join", ticket, 0, Infinity);
  expect(gate.request("resume", 100, 1, Infinity)).toBe("queued");
  expect(gate.request("resume", 101, 1, Infinity)).toBe("queued");

  const log = played(gate, 60);
  expect(log.indexOf("+100@14")).toBeGreaterThanOrEqual(0);
  expect(log.indexOf("+101@29")).toBeGreaterThanOrEqual(0);
});

test("[AD3] who would wait longer than the queue allows is refused at once", () => {
  const gate = admission({ queueMs: 500 });
  const verdicts: string[] = [];
  for (let ticket = 0; ticket < 70; ticket += 1) {
    verdicts.push(gate.request("resume", ticket, 0, Infinity));
  }

  expect(verdicts.filter((verdict) => verdict === "queued")).toHaveLength(50);
  expect(verdicts.lastIndexOf("queued")).toBe(59);
  expect(verdicts.indexOf("busy")).toBe(60);
});

test("[AD4] each refusal names the next slot, at nine tenths of the rate, behind the queue", () => {
  const gate = admission({ queueMs: 100 });
  const slotsMs: number[] = [];
  for (let ticket = 0; ticket < 1_000; ticket += 1) {
    if (gate.request("join", ticket, 0, Infinity) === "busy") slotsMs.push(gate.lastRetryAfterMs);
  }

  expect(slotsMs).toHaveLength(980);
  expect(slotsMs[0]).toBeGreaterThan(100);
  slotsMs.slice(1).forEach((ms, i) => expect(ms - slotsMs[i]).toBeCloseTo(1_000 / 90, 6));
});

test("[AD4] refused clients who keep their slots are refused once, and all come in", () => {
  const gate = admission({ admitPerSec: 1_000, queueMs: 200 });
  const comes: { atMs: number; ticket: number }[] = [];
  let refused = 0;
  let admitted = 0;
  for (let ticket = 0; ticket < 20_000; ticket += 1) {
    const verdict = gate.request("join", ticket, 0, Infinity);
    if (verdict === "admitted") admitted += 1;
    if (verdict === "busy") comes.push({ atMs: gate.lastRetryAfterMs, ticket });
  }
  const admit = (): number => (admitted += 1);
  const refuse = (): number => (refused += 1);
  for (const { atMs, ticket } of comes) {
    while (gate.nextDeadlineMs() <= atMs) gate.release(gate.nextDeadlineMs(), admit, refuse);
    const verdict = gate.request("join", ticket, atMs, Infinity);
    if (verdict === "admitted") admitted += 1;
    if (verdict === "busy") refused += 1;
  }
  while (gate.nextDeadlineMs() < Infinity) gate.release(gate.nextDeadlineMs(), admit, refuse);

  expect(refused).toBe(0);
  expect(admitted).toBe(20_000);
  expect(comes[comes.length - 1].atMs / 1_000).toBeCloseTo(20 / 0.9, 0);
});

test("[AD5] a request that would be served after its deadline is refused when it comes", () => {
  const gate = admission();
  for (let ticket = 0; ticket < 30; ticket += 1) gate.request("resume", ticket, 0, Infinity);

  expect(gate.request("resume", 50, 0, 100)).toBe("busy"); // 21st in the queue: 210 ms.
  expect(gate.request("resume", 51, 0, 300)).toBe("queued");
  expect(gate.request("join", 52, 1, 0)).toBe("busy");
});

test("[AD5] an entry that missed its deadline is refused and takes no token", () => {
  const gate = admission();
  for (let ticket = 0; ticket < 12; ticket += 1) gate.request("resume", ticket, 0, Infinity);
  gate.request("resume", 12, 0, 40);
  // Joins come and keep their own share from then on: the queue turns slower than it was promised.
  for (let ticket = 20; ticket < 30; ticket += 1) gate.request("join", ticket, 0, Infinity);

  const log = played(gate, 200);
  expect(log).toContain("-12@40");
  expect(log).toContain("+10@14");
  expect(log).toContain("+11@29");
});

test("[AD6] a cancelled request is never answered, and its place moves up", () => {
  const gate = admission();
  for (let ticket = 0; ticket < 14; ticket += 1) gate.request("join", ticket, 0, Infinity);
  gate.cancel(10);
  gate.cancel(12);
  gate.cancel(77);

  expect(gate.waitingCount).toBe(2);
  expect(played(gate, 1_000)).toEqual(["+11@14", "+13@29"]);
  expect(gate.request("join", 10, 2_000, Infinity)).toBe("admitted");
});

test("[AD6] every request is answered exactly once, whatever happens", () => {
  const step = fc.record({
    kind: fc.constantFrom("join" as const, "resume" as const),
    gapMs: fc.integer({ min: 0, max: 30 }),
    patienceMs: fc.constantFrom(5, 50, 500, Infinity),
    cancel: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const gate = admission({ queueMax: 10, queueMs: 100 });
      const answers = new Map<number, number>();
      const answered = (ticket: number): void => {
        answers.set(ticket, (answers.get(ticket) ?? 0) + 1);
      };
      const releaseUntil = (untilMs: number): void => {
        for (let turn = 0; gate.nextDeadlineMs() <= untilMs; turn += 1) {
          expect(turn).toBeLessThan(1_000); // Each deadline makes progress.
          gate.release(gate.nextDeadlineMs(), answered, answered);
        }
      };
      let nowMs = 0;
      steps.forEach(({ kind, gapMs, patienceMs, cancel }, ticket) => {
        nowMs += gapMs;
        releaseUntil(nowMs);
        if (gate.request(kind, ticket, nowMs, nowMs + patienceMs) !== "queued") answered(ticket);
        else if (cancel) {
          gate.cancel(ticket);
          answered(ticket);
        }
      });
      releaseUntil(Number.MAX_SAFE_INTEGER);
      expect(gate.waitingCount).toBe(0);
      expect(answers.size).toBe(steps.length);
      for (const times of answers.values()) expect(times).toBe(1);
    }),
    { seed: 8, numRuns: 100 },
  );
});

test("[RC1] W is 1.25 times what admitting everybody takes, within its limits", () => {
  const limits = { spreadMinMs: 2_000, spreadMaxMs: 60_000 };

  expect(spreadMs(20_000, 2_000, limits)).toBe(12_500);
  expect(spreadMs(100, 2_000, limits)).toBe(2_000);
  expect(spreadMs(1_000_000, 2_000, limits)).toBe(60_000);
  expect(spreadMs(0, 0, limits)).toBe(60_000);
});
