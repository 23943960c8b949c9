// The whole place for the chat: the roster beside the conversation.

import type { ChatWindow } from "../../model/state.ts";
import { shownKey, useView } from "../context.ts";
import { Chat } from "../chat/chat.tsx";
import { Empty } from "../part/control.tsx";
import { PanelContent } from "../panel/panel.tsx";

export function Split() {
  const { state, t } = useView();
  const last: ChatWindow | undefined = state.windows[state.windows.length - 1];
  const isOut = state.me === null || state.link.state === "signed_out" || state.link.state === "refused";
  const key = isOut ? null : (shownKey(state) ?? last?.key ?? null);
  return (
    <div class="split">
      <section class="card panel" part="panel" role="region" aria-label={t("roster.title")}>
        <PanelContent panel={state.panel} />
      </section>
      {key === null ? (
        <div class="card nobody">
          <Empty icon="chat" title={t("page.nobody")} hint={t("page.nobody.hint")} />
        </div>
      ) : (
        <Chat key={key} of={key} />
      )}
    </div>
  );
}
