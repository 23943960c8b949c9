// Who this page is for, and how it proves it: a token that the page has, one that an address of the site gives, the site's cookie, or
// nothing, which makes a visitor. Tokens of members stay in memory. A visitor's token is the only way to be the same visitor the next
// time, so that one is kept; the server takes it away when the visitor signs in (docs/sign-in.md).

import { Refused, Unreachable } from "./calls.ts";
import { decode, type Platform } from "./platform.ts";
import { isObject, text } from "./wire.ts";

/** What the page says about signing in. */
export interface Credentials {
  /** A token as the site's backend made it. */
  readonly token?: string;
  /** Address that answers with a fresh token for whoever is signed in on the site. */
  readonly tokenUrl?: string;
  /** The site's cookie says who it is. */
  readonly byCookie?: boolean;
  /** With `byCookie`: the member's id, so that tabs of the same member find each other. */
  readonly user?: string;
}

/** What goes along with `online`. */
export interface Proof {
  readonly token?: string;
  /** The visitor who has become the member of `token`. */
  readonly guest?: string;
  readonly credentials: RequestCredentials;
}

/** Whose the tabs of all visitors of a browser are: they share one token. */
export const VISITOR = "vid:";

export class SignIn {
  readonly #guestName: string;
  #token: string | null;

  constructor(
    private readonly platform: Platform,
    private readonly credentials: Credentials,
    /** Begins the name of what is kept. */
    prefix: string,
  ) {
    this.#guestName = `${prefix}:guest`;
    this.#token = credentials.token || null;
  }

  /** Whose page this is, as far as the page knows before the server has said it: an id, or null. */
  async user(): Promise<string | null> {
    if (this.credentials.byCookie === true) return this.credentials.user ?? null;
    const token = await this.#member(false);
    return token === null ? VISITOR : userOf(token);
  }

  /** What goes along with `online`. `anew`: what went along last was refused. */
  async proof(anew: boolean): Promise<Proof> {
    if (this.credentials.byCookie === true) return { credentials: "include" };
    const guest = this.platform.local.get(this.#guestName) ?? undefined;
    const token = (await this.#member(anew)) ?? guest;
    if (token === undefined) return { credentials: "omit" };
    return { token, ...(guest !== undefined && guest !== token ? { guest } : {}), credentials: "omit" };
  }

  /** Whether a refused proof can be replaced by another. */
  get canRenew(): boolean {
    return this.credentials.tokenUrl !== undefined || this.platform.local.get(this.#guestName) !== null;
  }

  /** The server took `proof`, and perhaps named a visitor. */
  accepted(proof: Proof, guestToken: string | undefined): void {
    if (guestToken !== undefined) this.platform.local.set(this.#guestName, guestToken);
    else if (proof.guest !== undefined) this.platform.local.set(this.#guestName, null);
    // The next `online` may be hours away: then the address gives another.
    if (this.credentials.tokenUrl !== undefined) this.#token = null;
  }

  /** The server did not take `proof`. A visitor's token is not tried twice: whoever was refused with it is a new visitor. */
  refused(proof: Proof): void {
    const guest = this.platform.local.get(this.#guestName);
    if (guest !== null && proof.token === guest) this.platform.local.set(this.#guestName, null);
  }

  async #member(anew: boolean): Promise<string | null> {
    if (this.#token !== null && !(anew && this.credentials.tokenUrl !== undefined)) return this.#token;
    if (this.credentials.tokenUrl === undefined) return null;
    this.#token = await this.#ask(this.credentials.tokenUrl);
    return this.#token;
  }

  /** The token of the site's address; null: nobody is signed in there. */
  async #ask(address: string): Promise<string | null> {
    let response: Response;
    let body: string;
    try {
      response = await this.platform.fetch(address, { credentials: "include", cache: "no-store" });
      body = (await response.text()).trim();
    } catch {
      throw new Unreachable("the address of tokens does not answer");
    }
    if (response.status >= 500 || response.status === 429) throw new Unreachable("the address of tokens fails");
    if (response.status === 401 || response.status === 403 || response.status === 204) return null;
    if (!response.ok) throw new Refused(response.status, "not_signed_in", "the address of tokens is wrong", null);
    const json = decode(body);
    const token = isObject(json) ? text(json.token) : typeof json === "string" ? json : json === null ? body : "";
    return token === "" || token === "null" ? null : token;
  }
}

/** The id that a token names; nothing of it is believed. Null: it names none. */
export function userOf(token: string): string | null {
  const dot = token.lastIndexOf(".");
  if (/^[0-9a-f]{64}$/i.test(token.slice(dot + 1))) return token.slice(0, dot);
  const payload = token.split(".")[1];
  if (payload === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
    const claims = decode(new TextDecoder().decode(bytes));
    return (isObject(claims) && text(claims.sub)) || null;
  } catch {
    return null;
  }
}
