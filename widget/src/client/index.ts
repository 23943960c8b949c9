// NextIM's client without a page: sign-in, one connection for all tabs, calls. It needs nothing of the rest of the widget.

export { Client, type ClientEvents, type ClientOptions } from "./client.ts";
export { Refused, Unreachable, codeOf, isPassing, type Fields } from "./calls.ts";
export { browser, decode, encode, type Keep, type Platform } from "./platform.ts";
export type { ClientLink } from "./session.ts";
export type { Credentials } from "./sign-in.ts";
export type { TransportName } from "./transport/line.ts";
export * from "./wire.ts";
