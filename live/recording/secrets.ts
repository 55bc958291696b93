// What a recording must not hold: tokens and credentials.
//
// Core passes secrets on and never looks into them, so a recording keeps their size and nothing else (sizes count: they fill
// queues). Where a fact or an answer is written, every letter and digit of a secret becomes a star; where orders are compared,
// secrets are left out. So the same orders have the same digest when they are made again from a recording.

import type {
  IceBody,
  JoinBody,
  JoinedBody,
  PongBody,
  ResumeBody,
  ResumedBody,
  SfuBody,
} from "../../core/protocol/bodies.ts";
import { type Body, Kind, type Message } from "../../core/protocol/message.ts";
import { sharedText, WireMessage } from "../wire-message.ts";

/** What tokens are written in; the rest of a token, if any, keeps its size as JSON. */
const TOKEN_LETTERS = /[A-Za-z0-9_.~+/=-]/g;

export function masked(secret: string): string {
  return secret.replace(TOKEN_LETTERS, "*");
}

export function maskedSfu(sfu: SfuBody): SfuBody {
  return { ...sfu, token: masked(sfu.token) };
}

export function maskedIce(ice: IceBody): IceBody {
  const servers = ice.servers.map((server) =>
    server.credential === undefined ? server : { ...server, credential: masked(server.credential) },
  );
  return { ...ice, servers };
}

/** Whether messages of this kind carry a secret. */
function isSecretive(kind: Kind): boolean {
  switch (kind) {
    case Kind.join:
    case Kind.resume:
    case Kind.joined:
    case Kind.resumed:
    case Kind.pong:
    case Kind.sfu:
    case Kind.token:
      return true;
    default:
      return false;
  }
}

/** The body with its secrets masked; the same object when it has none. */
export function maskedBody(kind: Kind, body: Body): Body {
  if (body === undefined || !isSecretive(kind)) return body;
  if (kind === Kind.joined || kind === Kind.resumed) {
    const { resume, sfu, ice } = body as JoinedBody | ResumedBody;
    return {
      ...body,
      resume: { ...resume, token: masked(resume.token) },
      ...(sfu === undefined ? {} : { sfu: maskedSfu(sfu) }),
      ...(ice === undefined ? {} : { ice: maskedIce(ice) }),
    };
  }
  const { token } = body as Partial<JoinBody & ResumeBody & PongBody & SfuBody>;
  return token === undefined ? body : { ...body, token: masked(token) };
}

const TOKEN_MEMBER = /("token":")((?:[^"\\]|\\.)*)"/g;

/** The text of a message from elsewhere, which has no body, with its tokens masked. */
export function maskedText({ kind, shared }: WireMessage): string {
  if (!isSecretive(kind)) return shared;
  return shared.replace(TOKEN_MEMBER, (_, name: string, token: string) => {
    return `${name}${masked(token)}"`;
  });
}

/** What recipients read, without its secrets: what two runs must agree on. */
export function comparableText(message: Message): string {
  if (message instanceof WireMessage) return maskedText(message);
  const text = sharedText(message);
  const { kind, body } = message;
  if (body === undefined || !isSecretive(kind)) return text;
  let rest = text;
  for (const member of secretMembers(kind, body)) {
    // The last: what participants say of themselves stands before what the server adds.
    const at = rest.lastIndexOf(member);
    if (at >= 0) rest = rest.slice(0, at) + rest.slice(at + member.length);
  }
  return rest;
}

/** The secrets of a message as they are written, each with the name of its member. */
function secretMembers(kind: Kind, body: object): string[] {
  const tokens: (string | undefined)[] = [];
  const credentials: (string | undefined)[] = [];
  if (kind === Kind.joined || kind === Kind.resumed) {
    const { resume, sfu, ice } = body as JoinedBody | ResumedBody;
    tokens.push(resume.token, sfu?.token);
    for (const { credential } of ice?.servers ?? []) credentials.push(credential);
  } else {
    tokens.push((body as { readonly token?: string }).token);
  }
  const written = (name: string, secrets: readonly (string | undefined)[]): string[] =>
    secrets
      .filter((secret) => secret !== undefined)
      .map((secret) => `"${name}":${JSON.stringify(secret)}`);
  return [...written("token", tokens), ...written("credential", credentials)];
}
