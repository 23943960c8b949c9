// The panel at the launcher: the roster, and what stands in its place.

import type { Panel } from "../../model/state.ts";
import { useView } from "../context.ts";
import { Roster } from "../roster/roster.tsx";
import { Gate } from "./gate.tsx";
import { NotificationsPanel } from "./notifications.tsx";
import { SettingsPanel } from "./settings.tsx";

export function PanelContent({ panel, onClose }: { panel: Panel; onClose?: (() => void) | undefined }) {
  const { state } = useView();
  if (state.link.state === "signed_out" || state.link.state === "refused") return <Gate onClose={onClose} />;
  if (panel === "settings") return <SettingsPanel />;
  if (panel === "notifications") return <NotificationsPanel />;
  return <Roster onClose={onClose} />;
}
