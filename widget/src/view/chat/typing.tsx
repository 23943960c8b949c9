// Who is typing here just now.

import { useFrame } from "../context.ts";

export function Typing({ names }: { names: readonly string[] }) {
  const { t } = useFrame();
  const [name, other] = names;
  if (name === undefined) return null;
  const text =
    other === undefined ? t("chat.typing.one", { name }) : names.length === 2 ? t("chat.typing.two", { name, other }) : t("chat.typing.many");
  return (
    <p class="is-typing" aria-live="off">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span class="who-types">{text}</span>
    </p>
  );
}
