// A campaign for one command: threads, progress and signals from its beginning to its end.

import { Campaign, CampaignInterrupted } from "../campaign.ts";
import { ExitCode } from "../exit-codes.ts";
import type { Outside, StopSignal } from "../outside.ts";
import { showSearch } from "../planning/search-progress.ts";

export interface CampaignChoices {
  readonly jobs: number | undefined;
  readonly isQuiet: boolean;
}

/** The code of `work`, or that of the signal that ended it. */
export async function withCampaign(
  outside: Outside,
  workerFile: string,
  { jobs, isQuiet }: CampaignChoices,
  work: (campaign: Campaign) => Promise<ExitCode>,
): Promise<ExitCode> {
  const abort = new AbortController();
  let stopped: StopSignal | undefined;
  const stopListening = outside.onStop((signal) => {
    stopped = signal;
    abort.abort();
  });
  const view = showSearch(outside, isQuiet);
  const campaign = new Campaign(outside, workerFile, {
    jobs: Math.max(1, jobs ?? outside.machine.cpuCount),
    journalFile: undefined,
    signal: abort.signal,
    onProgress: ({ running, trials, trialsDone, simulatedMs, simulatedMsAll }) => {
      const [trial] = running;
      if (trial === undefined) return;
      const ratio = simulatedMsAll === 0 ? 0 : simulatedMs / simulatedMsAll;
      view.update(`${trial.scenario.metadata.name}, ${trialsDone} of ${trials} runs`, ratio);
    },
  });
  try {
    return await work(campaign);
  } catch (error) {
    if (!(error instanceof CampaignInterrupted)) throw error;
    outside.stderr.write("Interrupted: nothing was written.\n");
    return stopped === "SIGTERM" ? ExitCode.terminated : ExitCode.interrupted;
  } finally {
    view.stop();
    stopListening();
    await campaign.close();
  }
}
