// Rows in grey while a list is on its way.

import { useFrame } from "../context.ts";

export function Skeleton({ rows }: { rows: number }) {
  const { t } = useFrame();
  return (
    <div class="skeleton" role="status">
      <span class="unseen">{t("common.loading")}</span>
      {Array.from({ length: rows }, (_, at) => (
        <div class="row" key={at} aria-hidden="true">
          <i />
          <b />
        </div>
      ))}
    </div>
  );
}
