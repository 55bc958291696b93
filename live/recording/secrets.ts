// What a recording must not hold: tokens and credentials.
//
// Core passes secrets on and never looks into them, so a recording keeps their size and nothing else (sizes count: they fill
// queues). Where a fact or an answer is written, every letter and digit of a secret becomes a star; where orders are compared,
// secrets are left out. So the same orders have the same digest when they are made again from a recording.

import type { IceBody, ResumeGrant, SfuBody } from "../../core/protocol/bodies.ts";
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

/** Where bodies have secrets, whichever kind they are of: core sends some of them with several. */
interface Secretive {
  readonly token?: string;
  readonly resume?: ResumeGrant;
  readonly sfu?: SfuBody;
  readonly ice?: IceBody;
}

/** The body with its secrets masked; the same object when its kind has none. */
export function maskedBody(kind: Kind, body: Body): Body {
  if (body === undefined || !isSecretive(kind)) return body;
  const { token, resume, sfu, ice } = body as Secretive;
  return {
    ...body,
    ...(token === undefined ? {} : { token: masked(token) }),
    ...(resume === undefined ? {} : { resume: { ...resume, token: masked(resume.token) } }),
    ...(sfu === undefined ? {} : { sfu: maskedSfu(sfu) }),
    ...(ice === undefined ? {} : { ice: maskedIce(ice) }),
  };
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
  for (const member of secretMembers(body as Secretive)) {
    // The last: what participants say of themselves stands before what the server adds.
    const at = rest.lastIndexOf(member);
    if (at >= 0) rest = rest.slice(0, at) + rest.slice(at + member.length);
  }
  return rest;
}

/** The secrets of a body as they are written, each with the name of its member. */
function secretMembers({ token, resume, sfu, ice }: Secretive): string[] {
  const members: string[] = [];
  for (const secret of [token, resume?.token, sfu?.token]) {
    if (secret !== undefined) members.push(`"token":${JSON.stringify(secret)}`);
  }
  for (const { credential } of ice?.servers ?? []) {
    if (credential !== undefined) members.push(`"credential":${JSON.stringify(credential)}`);
  }
  return members;
}
