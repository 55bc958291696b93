// What the servers that we are compared with do the same: they look at tokens and keep rooms.
//
// As one would write it who wants to be quick: HS256 by `node:crypto`, maps of maps.

import { createHmac } from "node:crypto";

export interface Entrant {
  readonly room: string;
  readonly name: string;
  readonly token: string;
}

/** Whether the token is signed by us, lets its bearer into this room, and is not over. */
export function isGood({ room, token }: Entrant, secret: string): boolean {
  const end = token.lastIndexOf(".");
  const signed = token.slice(0, end);
  const signature = createHmac("sha256", secret).update(signed).digest("base64url");
  if (signature !== token.slice(end + 1)) return false;
  const payload = Buffer.from(signed.slice(signed.indexOf(".") + 1), "base64url");
  const claims = JSON.parse(payload.toString()) as { room: string; exp: number };
  return claims.room === room && claims.exp * 1_000 > Date.now();
}

export class Rooms<Member> {
  readonly #rooms = new Map<string, Map<string, Member>>();

  of(room: string): Map<string, Member> {
    const known = this.#rooms.get(room);
    if (known !== undefined) return known;
    const made = new Map<string, Member>();
    this.#rooms.set(room, made);
    return made;
  }

  left(room: string, name: string): void {
    const members = this.#rooms.get(room);
    if (members?.delete(name) === true && members.size === 0) this.#rooms.delete(room);
  }
}
