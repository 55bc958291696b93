// /livez, /readyz, /healthz and /metrics, on a port of their own: what machines ask. Nothing here changes anything.

import type { IncomingMessage } from "node:http";
import { healthOf, readinessOf } from "./health.ts";
import { type Answer, Listener, type ListenOptions, refusal, wrongMethod } from "./listener.ts";
import type { Log } from "./log.ts";
import { LoopLag } from "./loop-lag.ts";
import { openRegistry } from "./registry.ts";
import type { ProcessSources } from "./sources.ts";

export interface OperationsOptions extends ListenOptions {
  readonly log: Log;
}

export class OperationsServer {
  readonly #lag = new LoopLag();
  readonly #listener: Listener;

  constructor(sources: ProcessSources, options: OperationsOptions) {
    const registry = openRegistry(sources, this.#lag);
    const pages: Readonly<Record<string, () => Answer | Promise<Answer>>> = {
      "/livez": () => this.#live(),
      "/readyz": () => {
        const { isReady, reasons } = readinessOf(sources);
        return { status: isReady ? 200 : 503, body: { ready: isReady, reasons } };
      },
      "/healthz": () => ({ status: 200, body: healthOf(sources) }),
      "/metrics": async () => ({
        status: 200,
        body: await registry.metrics(),
        headers: { "content-type": registry.contentType },
      }),
    };
    this.#listener = new Listener(
      options,
      (request: IncomingMessage, url: URL) => {
        const page = Object.hasOwn(pages, url.pathname) ? pages[url.pathname] : undefined;
        if (page === undefined) {
          return refusal(404, "not_found", `here are ${Object.keys(pages).join(", ")}`);
        }
        const isRead = request.method === "GET" || request.method === "HEAD";
        return isRead ? page() : wrongMethod("GET", "HEAD");
      },
      (error) => options.log.error({ error }, "The operations server failed to answer."),
    );
  }

  /** Being asked is the proof. */
  #live(): Answer {
    const lagMs = Math.round(this.#lag.seconds(0.99) * 1_000);
    return { status: 200, body: { live: true, eventLoopLagP99Ms: lagMs } };
  }

  listen(): Promise<{ readonly port: number; readonly url: string }> {
    return this.#listener.listen();
  }

  async close(): Promise<void> {
    this.#lag.stop();
    await this.#listener.close();
  }
}
