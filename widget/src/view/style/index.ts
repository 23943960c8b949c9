// The style sheets as constructed ones: a content security policy without `unsafe-inline` allows them.

import type { Mode } from "../context.ts";
import access from "./access.css";
import avatar from "./avatar.css";
import bar from "./bar.css";
import base from "./base.css";
import chat from "./chat.css";
import control from "./control.css";
import message from "./message.css";
import narrow from "./narrow.css";
import pane from "./pane.css";
import roster from "./roster.css";

/** What the page's styles did to the host is undone: inside, `important` wins over the page's own. */
const HOST = {
  bar: ":host{all:initial!important;display:contents!important}",
  inline: ":host{all:initial!important;display:block!important;height:100%!important}",
  page: ":host{all:initial!important;display:block!important;position:fixed!important;inset:0!important}",
} as const;

const SHEETS = [base, avatar, control, bar, roster, chat, message, pane, narrow, access];

export function styleSheets(mode: Mode): CSSStyleSheet[] {
  return [HOST[mode], ...SHEETS].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
}
