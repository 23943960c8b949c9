// Calls of the server: a form goes out, an answer or one of two errors comes back. No cookie goes along and no header that would
// make a browser ask first, so a call is one request from any origin.

import { decode, type Platform } from "./platform.ts";
import { isObject, text, whole } from "./wire.ts";

/** The server answered, and the answer is no. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    /** Of protocol/codes.md. */
    readonly code: string,
    message: string,
    /** How long to wait before another try, if the server said so. */
    readonly retryAfterMs: number | null,
  ) {
    super(message);
  }
}

/** No answer, or one that is not the server's. */
export class Unreachable extends Error {}

/** Whether another try may go better. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof Refused) || error.status >= 500 || error.status === 429 || error.status === 408;
}

/** The code of protocol/codes.md that an error shows, or one of ours. */
export function codeOf(error: unknown): string {
  return error instanceof Refused ? error.code : error instanceof Unreachable ? "no_network" : "internal";
}

/** Parameters; what is undefined is left out. */
export type Fields = Readonly<Record<string, string | number | undefined>>;

/** The form of some parameters. */
export function form(fields: Fields): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, String(value));
  return form;
}

export interface Manner {
  /** Whether the site's cookie says who asks. */
  readonly credentials?: RequestCredentials;
  /** Goes on when the page closes. */
  readonly keepalive?: boolean;
  readonly signal?: AbortSignal;
}

const ANSWER_WITHIN_MS = 15_000;
/** Browsers refuse more than 64 KiB on requests that outlive their page. */
const KEEPALIVE_BYTES_MAX = 60_000;

/** Calls, and gives the answer: JSON as its value, anything else as text. */
export async function post(platform: Platform, address: string, fields: Fields, manner: Manner = {}): Promise<unknown> {
  const { response, body } = await request(platform, address, form(fields), manner, (response) => response.text());
  const answer = decode(body) ?? body;
  if (!response.ok || (isObject(answer) && answer.success === false)) throw refusal(response, answer);
  return answer;
}

/** Calls, and gives the answer as a file. */
export async function download(platform: Platform, address: string, fields: Fields): Promise<Blob> {
  const { response, body } = await request(platform, address, form(fields), {}, (response) => response.blob());
  if (!response.ok) throw refusal(response, decode(await body.text()));
  return body;
}

async function request<T>(
  platform: Platform,
  address: string,
  body: URLSearchParams,
  manner: Manner,
  read: (response: Response) => Promise<T>,
): Promise<{ response: Response; body: T }> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), ANSWER_WITHIN_MS);
  const abort = (): void => stop.abort();
  manner.signal?.addEventListener("abort", abort);
  try {
    const response = await platform.fetch(address, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      credentials: manner.credentials ?? "omit",
      cache: "no-store",
      keepalive: manner.keepalive === true && body.toString().length < KEEPALIVE_BYTES_MAX,
      signal: stop.signal,
    });
    return { response, body: await read(response) };
  } catch (error) {
    throw new Unreachable(error instanceof Error ? error.message : "no answer");
  } finally {
    clearTimeout(timer);
    manner.signal?.removeEventListener("abort", abort);
  }
}

/** What an answer that is a no says. A gateway's own page has no code: then the server itself was not reached. */
export function refusal(response: Response, answer: unknown): Error {
  const code = isObject(answer) ? text(answer.code) : "";
  if (code === "" && response.status >= 500) return new Unreachable(`status ${response.status}`);
  const message = isObject(answer) ? text(answer.message) : "";
  return new Refused(response.status, code || codeOfStatus(response.status), message, retryAfterMs(response));
}

function codeOfStatus(status: number): string {
  return status === 401 ? "not_signed_in" : status === 429 ? "too_many_requests" : "not_found";
}

function retryAfterMs(response: Response): number | null {
  const seconds = whole(response.headers.get("retry-after"));
  return seconds > 0 ? Math.min(seconds, 600) * 1000 : null;
}
