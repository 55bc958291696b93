// The conformance suite: the same bodies for every kind of cluster.
//
// What a kind cannot do is a test of that name which is skipped, with the reason in its name, and said aloud.

import { afterEach, describe, test } from "vitest";
import type { Body } from "./body.ts";
import { CLUSTER_BODIES } from "./bodies-cluster.ts";
import { ROOM_BODIES } from "./bodies-rooms.ts";
import { SESSION_BODIES } from "./bodies-sessions.ts";
import { SETTINGS, type ClusterKind, type ConformanceCluster } from "./cluster.ts";

const BODIES: readonly Body[] = [...ROOM_BODIES, ...SESSION_BODIES, ...CLUSTER_BODIES];

export function conformance(kind: ClusterKind): void {
  let cluster: ConformanceCluster | undefined;
  afterEach(async () => {
    const ended = cluster;
    cluster = undefined;
    await ended?.close();
  });

  describe(kind.name, () => {
    for (const body of BODIES) {
      const missing = body.needs.filter((ability) => !kind.abilities.includes(ability));
      if (missing.length > 0) {
        const name = `${body.name}: not applicable, ${kind.name} has no ${missing.join(", no ")}`;
        console.warn(name);
        test.skip(name, () => {}); // Its name says why.
        continue;
      }
      test(body.name, async () => {
        const settings = { ...SETTINGS, ...body.settings };
        cluster = await kind.start(settings);
        await body.run(cluster, settings);
      });
    }
  });
}
