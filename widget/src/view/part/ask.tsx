// A question before something that cannot be taken back, over the card that it is about.

import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { useView } from "../context.ts";
import { focusedIn } from "../hooks.ts";
import { Button } from "./control.tsx";

export interface Question {
  readonly title: string;
  readonly hint?: string;
  readonly yes: string;
  readonly act: () => void;
}

export function Ask({ question, close }: { question: Question; close: () => void }) {
  const { t, root } = useView();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const before = focusedIn(root);
    box.current?.querySelector("button")?.focus();
    return () => before?.focus();
  }, [root]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
    if (event.key === "Tab") {
      const [no, yes] = box.current?.querySelectorAll("button") ?? [];
      event.preventDefault();
      (root.activeElement === no ? yes : no)?.focus();
    }
  };
  const act = () => {
    close();
    question.act();
  };
  return (
    <div class="veil">
      <div class="ask" role="alertdialog" aria-modal="true" aria-labelledby={`${id}t`} aria-describedby={`${id}h`} ref={box} onKeyDown={onKeyDown}>
        <p class="title" id={`${id}t`}>
          {question.title}
        </p>
        {question.hint !== undefined && <p class="hint" id={`${id}h`}>{question.hint}</p>}
        <div class="buttons">
          <Button onClick={close}>{t("common.cancel")}</Button>
          <Button kind="danger" onClick={act}>
            {question.yes}
          </Button>
        </div>
      </div>
    </div>
  );
}
