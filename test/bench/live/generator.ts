// A process that makes load: crowds by number, commanded by the benchmark.

import { Crowd } from "./crowd.ts";
import { plainDialect, socketIoDialect } from "./dialects.ts";
import type { Answer, Command } from "./load.ts";

const crowds = new Map<number, Crowd>();

process.on("message", ({ ask, command }: { ask: number; command: Command }) => {
  obey(command).then(
    (answer) => process.send?.({ ask, answer }),
    (error: unknown) => process.send?.({ ask, error: String(error) }),
  );
});
process.on("disconnect", () => process.exit());

async function obey(command: Command): Promise<Answer> {
  switch (command.do) {
    case "gather": {
      const dialect = command.server === "socket.io" ? socketIoDialect : plainDialect;
      crowds.set(command.crowd, new Crowd({ ...command, dialect }));
      return NOTHING;
    }
    case "enter":
      return { ...NOTHING, seconds: await crowdOf(command.crowd).enter() };
    case "count":
      return { ...NOTHING, count: crowdOf(command.crowd).heldCount };
    case "play": {
      const { count, tripsMs } = await crowdOf(command.crowd).play(
        command.load,
        command.seconds,
        command.perSec,
        command.depth,
      );
      return { ...NOTHING, count, tripsMs };
    }
    case "disperse":
      crowdOf(command.crowd).close();
      crowds.delete(command.crowd);
      return NOTHING;
  }
}

const NOTHING: Answer = { seconds: 0, count: 0, tripsMs: [] };

function crowdOf(crowd: number): Crowd {
  const known = crowds.get(crowd);
  if (known === undefined) throw new Error("there is no such crowd");
  return known;
}
