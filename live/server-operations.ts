// Who watches a server: health and metrics for machines, and the admin API where a token is set.

import { textOf } from "./credentials.ts";
import type { Making } from "./making.ts";
import { AdminServer, type AdminActions } from "./operations/admin-server.ts";
import { OperationsServer } from "./operations/operations-server.ts";
import type { Phase, ProcessSources } from "./operations/sources.ts";
import type { RunningEdge } from "./server-edge.ts";
import type { RunningNode } from "./server-node.ts";
import { blaming } from "./start-error.ts";

export interface RunningOperations {
  readonly operationsPort: number;
  readonly adminPort: number | undefined;
  close(): Promise<void>;
}

/** What is watched. */
export interface Watched {
  readonly phase: Phase;
  readonly edge: RunningEdge | undefined;
  readonly node: RunningNode | undefined;
}

/** @throws StartError */
export async function startOperations(
  { settings, clock, log, buses }: Making,
  watched: Watched,
  actions: AdminActions,
): Promise<RunningOperations> {
  const { edge, node } = watched;
  const sources: ProcessSources = {
    nowMs: () => clock.nowMs(),
    phase: () => watched.phase,
    buses: buses.all,
    ...(edge === undefined ? {} : { edge }),
    ...(node === undefined ? {} : { node }),
  };
  const operations = new OperationsServer(sources, { ...settings.operations, log });
  const { port } = await blaming("operations.port", () => operations.listen());
  const { host, port: adminPort, token: given, tokenFile } = settings.admin;
  const token = given ?? textOf(tokenFile);
  if (token === undefined) {
    return { operationsPort: port, adminPort: undefined, close: () => operations.close() };
  }
  try {
    const admin = await blaming("admin.tokenFile", () => {
      return new AdminServer(sources, actions, { host, port: adminPort, token, log });
    });
    const listening = await blaming("admin.port", () => admin.listen());
    return {
      operationsPort: port,
      adminPort: listening.port,
      close: async () => void (await Promise.all([operations.close(), admin.close()])),
    };
  } catch (error) {
    await operations.close();
    throw error;
  }
}
