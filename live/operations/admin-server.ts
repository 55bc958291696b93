// The admin API: what people ask, and the few things they may do. On a port of its own, behind a token.
//
// It shows a page at a time (views.ts) and acts through what the composer gave it. A caller who cannot show the token learns nothing, not
// even which addresses exist.

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ROOM_ID_PATTERN } from "../../core/protocol/limits.ts";
import {
  type Answer,
  jsonBody,
  Listener,
  type ListenOptions,
  refusal,
  wrongMethod,
} from "./listener.ts";
import type { Log } from "./log.ts";
import type { ProcessSources } from "./sources.ts";
import {
  connectionPage,
  edgeRoomPage,
  nodeRows,
  type PageRequest,
  roomDetail,
  roomPage,
  sessionPage,
} from "./views.ts";

export interface AdminActions {
  /** Begins to drain all roles; `withinMs` undefined: as configured. */
  drain(withinMs: number | undefined): void;
  cancelDrain(): void;
  /** False when nobody of that name is in a room of that name on this node. */
  kick(roomId: string, participantId: string): boolean;
}

export interface AdminOptions extends ListenOptions {
  /** What callers show as bearer token; at least 16 characters. */
  readonly token: string;
  readonly log: Log;
}

/** Assumed: a token that can be guessed is no token. */
const TOKEN_MIN = 16;
const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;
/** A drain that lasts longer is a mistake: a day. */
const WITHIN_MAX_MS = 86_400_000;

type Route = (request: IncomingMessage, url: URL) => Answer | Promise<Answer>;

export class AdminServer {
  readonly #sources: ProcessSources;
  readonly #actions: AdminActions;
  readonly #log: Log;
  readonly #tokenHash: Buffer;
  readonly #listener: Listener;

  /** @throws TypeError when the token is missing or short. */
  constructor(sources: ProcessSources, actions: AdminActions, options: AdminOptions) {
    if (options.token.length < TOKEN_MIN) {
      throw new TypeError(`The admin API needs a token of at least ${TOKEN_MIN} characters.`);
    }
    this.#sources = sources;
    this.#actions = actions;
    this.#log = options.log;
    this.#tokenHash = hash(options.token);
    this.#listener = new Listener(
      options,
      (request, url) => this.#answer(request, url),
      (error) => options.log.error({ error }, "The admin API failed to answer."),
    );
  }

  listen(): Promise<{ readonly port: number; readonly url: string }> {
    return this.#listener.listen();
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  #answer(request: IncomingMessage, url: URL): Answer | Promise<Answer> {
    if (!this.#isAllowed(request)) {
      return refusal(401, "unauthorized", "show the admin token as bearer token", {
        "www-authenticate": 'Bearer realm="stormglass admin"',
      });
    }
    const [version, ...path] = url.pathname.split("/").slice(1);
    const routes = version === "v1" ? this.#routesOf(path) : undefined;
    if (routes === undefined) return refusal(404, "not_found", "no such address");
    const method = request.method === "HEAD" ? "GET" : (request.method ?? "");
    const route = Object.hasOwn(routes, method) ? routes[method] : undefined;
    return route === undefined ? wrongMethod(...Object.keys(routes)) : route(request, url);
  }

  #isAllowed(request: IncomingMessage): boolean {
    const shown = /^Bearer ([^\s]{1,1024})$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
    return timingSafeEqual(hash(shown), this.#tokenHash);
  }

  /** By method. */
  #routesOf(path: readonly string[]): Readonly<Record<string, Route>> | undefined {
    const [first, id, verb] = path;
    switch (`${first}/${path.length}`) {
      case "rooms/1":
        return { GET: (_request, url) => this.#rooms(url) };
      case "rooms/2":
        return { GET: (_request, url) => this.#room(id!, url) };
      case "rooms/3":
        return verb === "kick" ? { POST: (request) => this.#kick(id!, request) } : undefined;
      case "sessions/1":
        return { GET: (_request, url) => this.#sessions(url) };
      case "connections/1":
        return { GET: (_request, url) => this.#connections(url) };
      case "nodes/1":
        return { GET: () => this.#nodes() };
      case "drain/1":
        return {
          GET: () => this.#drainState(200),
          POST: (request) => this.#drain(request),
          DELETE: () => this.#cancelDrain(),
        };
      default:
        return undefined;
    }
  }

  // ---- what is -------------------------------------------------------------------------------------

  #rooms(url: URL): Answer {
    const page = pageOf(url);
    if (page === undefined) return badPage();
    const { node, edge } = this.#sources;
    if (node !== undefined) return { status: 200, body: roomPage(node.driver.core.context, page) };
    return { status: 200, body: edge === undefined ? {} : edgeRoomPage(edge.driver.core, page) };
  }

  #room(id: string, url: URL): Answer {
    const page = pageOf(url);
    const roomId = roomIdOf(id);
    if (page === undefined) return badPage();
    if (roomId === undefined) return refusal(400, "bad_request", "that is no room id");
    const { node } = this.#sources;
    if (node === undefined) return noNode();
    const nowMs = this.#sources.nowMs();
    const detail = roomDetail(node.driver.core.context, roomId, page.limit, nowMs);
    return detail === undefined
      ? refusal(404, "not_found", "this node does not host that room")
      : { status: 200, body: detail };
  }

  #sessions(url: URL): Answer {
    const page = pageOf(url, /^\d{0,7}$/);
    if (page === undefined) return badPage();
    const { node } = this.#sources;
    if (node === undefined) return noNode();
    const roomId = url.searchParams.get("room") ?? undefined;
    const nowMs = this.#sources.nowMs();
    return { status: 200, body: sessionPage(node.driver.core.context, page, nowMs, roomId) };
  }

  #connections(url: URL): Answer {
    const page = pageOf(url, /^\d{0,7}$/);
    if (page === undefined) return badPage();
    const { edge } = this.#sources;
    if (edge === undefined) return refusal(409, "no_edge", "this process is no edge");
    const roomId = url.searchParams.get("room") ?? undefined;
    const nowMs = this.#sources.nowMs();
    return { status: 200, body: connectionPage(edge.driver.core, page, nowMs, roomId) };
  }

  #nodes(): Answer {
    const { node, edge } = this.#sources;
    const view = node === undefined ? edge?.driver.core.view : node.driver.core.context.view;
    const items = view === undefined ? [] : nodeRows(view, this.#sources.nowMs());
    return { status: 200, body: { items } };
  }

  // ---- what is done ---------------------------------------------------------------------------------

  async #kick(id: string, request: IncomingMessage): Promise<Answer> {
    const roomId = roomIdOf(id);
    if (roomId === undefined) return refusal(400, "bad_request", "that is no room id");
    const body = await jsonBody(request);
    if ("refused" in body) return body.refused;
    const { participant } = body.value;
    if (typeof participant !== "string" || participant === "") {
      return refusal(400, "bad_request", "participant: the id of whom to kick");
    }
    if (this.#sources.node === undefined) return noNode();
    if (!this.#actions.kick(roomId, participant)) {
      return refusal(404, "not_found", "nobody of that name is in that room on this node");
    }
    this.#log.info({ room: roomId, participant }, "An admin had somebody kicked.");
    return { status: 200, body: { kicked: true } };
  }

  async #drain(request: IncomingMessage): Promise<Answer> {
    const body = await jsonBody(request);
    if ("refused" in body) return body.refused;
    const { withinMs } = body.value;
    const isTime = typeof withinMs === "number" && withinMs >= 0 && withinMs <= WITHIN_MAX_MS;
    if (withinMs !== undefined && !isTime) {
      return refusal(400, "bad_request", `withinMs: from 0 to ${WITHIN_MAX_MS}`);
    }
    this.#actions.drain(withinMs as number | undefined);
    this.#log.info({ withinMs: withinMs as number | undefined }, "An admin asked for a drain.");
    return this.#drainState(202);
  }

  #cancelDrain(): Answer {
    this.#actions.cancelDrain();
    this.#log.info({}, "An admin cancelled the drain.");
    return this.#drainState(200);
  }

  #drainState(status: number): Answer {
    const { edge, node } = this.#sources;
    const edgeDrains = edge?.driver.core.isDraining === true;
    const nodeDrains = node !== undefined && node.driver.core.context.state !== "serving";
    return {
      status,
      body: {
        draining: this.#sources.phase() === "leaving" || edgeDrains || nodeDrains,
        ...(edge === undefined ? {} : { connections: edge.driver.core.connections.handles.count }),
        ...(node === undefined
          ? {}
          : { attached: node.driver.core.context.sessions.attachedCount }),
      },
    };
  }
}

function hash(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function noNode(): Answer {
  return refusal(409, "no_node", "this process is no node; ask one that is");
}

function badPage(): Answer {
  return refusal(400, "bad_request", `limit: from 1 to ${PAGE_MAX}; after: what "next" said`);
}

/** Room ids may hold what a URL must write otherwise. */
function roomIdOf(part: string): string | undefined {
  try {
    const id = decodeURIComponent(part);
    return ROOM_ID_PATTERN.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

function pageOf(url: URL, cursor: RegExp = /^.{0,256}$/): PageRequest | undefined {
  const said = url.searchParams.get("limit");
  const limit = said === null ? PAGE_DEFAULT : /^\d{1,4}$/.test(said) ? Number(said) : 0;
  const after = url.searchParams.get("after") ?? "";
  return limit >= 1 && limit <= PAGE_MAX && cursor.test(after) ? { limit, after } : undefined;
}
