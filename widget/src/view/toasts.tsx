// What is said once and goes away by itself.

import { useEffect } from "preact/hooks";
import type { Toast } from "../model/state.ts";
import { useView } from "./context.ts";
import { IconButton } from "./part/control.tsx";
import { Icon } from "./part/icon.tsx";

/** Long enough to be read; what went wrong stays longer. */
const STAY_MS = 5000;
const ERROR_STAY_MS = 9000;

export function Toasts() {
  const { state } = useView();
  return (
    <div class="toasts" role="status" aria-live="polite">
      {state.toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastCard({ toast }: { toast: Toast }) {
  const { commands, t } = useView();
  useEffect(() => {
    const timer = setTimeout(() => commands.dismissToast(toast.id), toast.isError ? ERROR_STAY_MS : STAY_MS);
    return () => clearTimeout(timer);
  }, [toast.id, toast.isError, commands]);
  const { reason, ...others } = toast.parameters;
  const parameters = reason === undefined ? others : { ...others, reason: t.any(`error.${reason}`, "error.unknown") };
  return (
    <div class={toast.isError ? "toast error" : "toast"} part="toast">
      <Icon name={toast.isError ? "alert" : "check"} size={18} />
      <p>{t.any(toast.key, "error.unknown", parameters)}</p>
      <IconButton icon="close" size={16} label={t("common.close")} onClick={() => commands.dismissToast(toast.id)} />
    </div>
  );
}
