// One view at a time, for narrow places: the roster, or a conversation with a way back.

import { shownKey, useView } from "../context.ts";
import { Chat } from "../chat/chat.tsx";
import { PanelContent } from "../panel/panel.tsx";

export function Stack({ onClose }: { onClose?: () => void }) {
  const { state, commands, t } = useView();
  const key = shownKey(state);
  if (key !== null) {
    const back = () => {
      // Windows that nobody sees would only wait for a wider screen.
      commands.close(key);
      if (state.panel === "none") commands.setPanel("roster");
    };
    return <Chat key={key} of={key} onBack={back} />;
  }
  return (
    <section class="card panel" part="panel" role="region" aria-label={t("roster.title")} tabIndex={-1}>
      <PanelContent panel={state.panel} onClose={onClose} />
    </section>
  );
}
