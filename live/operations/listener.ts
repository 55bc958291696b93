// A small HTTP server for operators: bounded in everything, JSON in and out.
//
// It shares the event loop with the sockets of clients, so a request is small, answered at once, and cut when it dawdles.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** What to answer. `body` is sent as JSON unless it is text. */
export interface Answer {
  readonly status: number;
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handle = (request: IncomingMessage, url: URL) => Answer | Promise<Answer>;

export interface ListenOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

/** Longest body of a request, bytes. Assumed: commands are a few words. */
export const BODY_MAX_BYTES = 16 * 1024;
/** A request is complete by then, ms. Assumed: an operator's network is slow at worst by a second. */
const REQUEST_MS = 5_000;
/** Sockets at once. Assumed: probes, a few scrapers, a few people. */
const SOCKETS_MAX = 256;

const BASE = "http://operator";

/** A refusal as JSON. */
export function refusal(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, body: { error: { code, message } }, headers };
}

export function wrongMethod(...allowed: readonly string[]): Answer {
  const allow = allowed.join(", ");
  return refusal(405, "method_not_allowed", `use ${allow}`, { allow });
}

export class Listener {
  readonly #server: Server;
  readonly #options: ListenOptions;
  readonly #handle: Handle;
  readonly #failed: (error: Error) => void;

  /** `failed` hears what a handler threw; the caller is told "internal", and nothing of it. */
  constructor(options: ListenOptions, handle: Handle, failed: (error: Error) => void) {
    this.#options = options;
    this.#handle = handle;
    this.#failed = failed;
    this.#server = createServer(
      {
        requestTimeout: REQUEST_MS,
        headersTimeout: REQUEST_MS,
        connectionsCheckingInterval: 1_000,
        keepAliveTimeout: 5_000,
        maxHeaderSize: 8 * 1024,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = SOCKETS_MAX;
  }

  /** @throws Error when the port is taken. */
  async listen(): Promise<{ readonly port: number; readonly url: string }> {
    const { host, port } = this.#options;
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    const at = this.#server.address() as AddressInfo;
    const name = at.family === "IPv6" ? `[${at.address}]` : at.address;
    return { port: at.port, url: `http://${name}:${at.port}` };
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer;
    try {
      const path = request.url ?? "/";
      answer = URL.canParse(path, BASE)
        ? await this.#handle(request, new URL(path, BASE))
        : refusal(400, "bad_request", "no such address");
    } catch (error) {
      this.#failed(error as Error);
      answer = refusal(500, "internal", "this failed; the log says why");
    }
    send(request, response, answer);
  }
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const isText = typeof answer.body === "string";
  const body = isText ? (answer.body as string) : `${JSON.stringify(answer.body)}\n`;
  // What was not read of a request would be taken for the next one.
  const isUnread = !request.complete;
  response.writeHead(answer.status, {
    "content-type": isText ? "text/plain; charset=utf-8" : "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(isUnread ? { connection: "close" } : {}),
    ...answer.headers,
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** The body as JSON: an object, {} when there is none, or the refusal. */
export async function jsonBody(
  request: IncomingMessage,
): Promise<{ readonly value: Readonly<Record<string, unknown>> } | { readonly refused: Answer }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_MAX_BYTES)
      return { refused: refusal(413, "too_large", `at most ${BODY_MAX_BYTES} bytes`) };
    chunks.push(chunk as Buffer);
  }
  if (bytes === 0) return { value: {} };
  const type = (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  if (type !== "application/json") {
    return { refused: refusal(415, "unsupported_media_type", "send application/json") };
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { value: value as Record<string, unknown> };
    }
  } catch {
    // Said below.
  }
  return { refused: refusal(400, "bad_request", "the body is no JSON object") };
}
