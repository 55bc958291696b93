// Whole sockets against noise: several connections, valid frames among the mad ones, and then two who behave well must be served.

import fc from "fast-check";
import { expect, test } from "vitest";
import { guarded, honestPairTalks, keep, tokenFor } from "./guarded.ts";
import { anyText, fuzzing } from "./strange-frames.ts";
import { framed, Opcode, Wire } from "./wire.ts";

const text = anyText.map((words) => framed(Opcode.text, words));
const opcode = fc.oneof(fc.constantFrom(...Object.values(Opcode)), fc.nat(15));

/** Bytes as they go on the wire. */
const bytes: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 12, arbitrary: text },
  {
    weight: 3,
    arbitrary: fc
      .tuple(opcode, fc.uint8Array({ maxLength: 300 }), fc.boolean(), fc.boolean())
      .map(([code, payload, fin, masked]) => framed(code, Buffer.from(payload), fin, masked)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(text, fc.nat(), fc.nat(255)).map(([frame, at, byte]) => {
      const changed = Buffer.from(frame);
      changed[at % changed.length] = byte;
      return changed;
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(anyText, fc.nat(60))
      .map(([words, at]) => [words.slice(0, at), words.slice(at)] as const)
      .map(([head, tail]) =>
        Buffer.concat([framed(Opcode.text, head, false), framed(Opcode.more, tail)]),
      ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }).map((noise) => Buffer.from(noise)) },
);

const CLIENTS = 5;
const step = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({ who: fc.nat(CLIENTS - 1), bytes, cut: fc.constant(false) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ who: fc.nat(CLIENTS - 1), bytes, cut: fc.constant(true) }),
  },
);

test(
  "[CN2] [ED5] whatever sockets say, the server goes on: two who behave well join and talk",
  { timeout: 600_000 },
  async () => {
    const at = await guarded({
      edge: {
        door: { handshakes: { perSec: 1e5, burst: 100_000 } },
        admission: { joinsPerSec: 1e4 },
      },
      node: { admission: { perSec: 1e4, burst: 10_000 } },
    });
    let joined = 0;
    let closed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
        const clients: (Wire | undefined)[] = [];
        const all: Wire[] = [];
        for (const { who, bytes: words, cut } of steps) {
          let wire = clients[who];
          if (wire === undefined || wire.hasEnded) {
            wire = keep(await Wire.dial(at.url));
            all.push(wire);
            clients[who] = wire;
            const token = tokenFor("den", `p${who}`);
            if (who > 0) wire.send({ t: "join", id: 1, d: { room: "den", token } });
          }
          if (cut) wire.raw(words.subarray(0, words.length >> 1));
          else wire.raw(words);
          if (cut) wire.cut();
        }
        await honestPairTalks(at.url);
        joined += all.filter(({ frames }) => frames.some(({ t }) => t === "joined")).length;
        closed += all.filter(({ closeCode = 0 }) => closeCode > 1001).length;
        for (const wire of all) wire.cut();
        expect(at.logText()).not.toMatch(/"level":"(error|warn)"|Broken rule/);
      }),
      { ...fuzzing("sockets", 40), endOnFailure: true },
    );
    expect(joined).toBeGreaterThan(40); // The noise came from inside, too,
    expect(closed).toBeGreaterThan(40); // and much of it was noticed.
    const { node, edge } = at.server;
    await Promise.all([1, 2].map(() => honestPairTalks(at.url)));
    expect(edge!.driver.core.connections.attachedCount).toBeLessThanOrEqual(CLIENTS);
    expect(node!.driver.core.context.rooms.size).toBeGreaterThan(0);
  },
);
