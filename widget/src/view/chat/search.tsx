// Looking for words within one conversation.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversation, Message } from "../../model/state.ts";
import { useView } from "../context.ts";
import { Button, Empty, IconButton, SearchField, Spinner } from "../part/control.tsx";

interface Properties {
  conversation: Conversation;
  onBack: () => void;
  /** Shows a message that is loaded in its place. */
  onShow: (messageKey: string) => void;
}

export function SearchPane({ conversation, onBack, onShow }: Properties) {
  const { commands, t } = useView();
  const { key, search, messages } = conversation;
  const [query, setQuery] = useState(search?.query ?? "");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const change = (next: string) => {
    setQuery(next);
    commands.search(key, next);
  };
  const loaded = new Set(messages.map((message) => message.key));
  return (
    <div class="pane">
      <div class="pane-head">
        <IconButton icon="back" label={t("common.back")} onClick={onBack} />
        <SearchField label={t("search.label")} value={query} onChange={change} inputRef={field} />
      </div>
      <div class="scroll" aria-live="polite" aria-busy={search?.state === "searching"}>
        {search === null || query.trim() === "" ? (
          <Empty icon="search" title={t("search.hint")} />
        ) : search.state === "failed" ? (
          <Empty icon="alert" title={t("search.failed")}>
            <Button onClick={() => commands.search(key, query)}>{t("common.retry")}</Button>
          </Empty>
        ) : search.state === "done" && search.hits.length === 0 ? (
          <Empty icon="search" title={t("search.none", { query: search.query })} />
        ) : (
          <>
            {search.state === "done" && <p class="count">{t("search.count", { count: search.hits.length })}</p>}
            <ul class="hits">
              {search.hits.map((hit) => (
                <Hit key={hit.key} hit={hit} query={search.query} onShow={loaded.has(hit.key) ? () => onShow(hit.key) : null} />
              ))}
            </ul>
            {search.state !== "done" && (
              <p class="older">
                <Spinner />
                {t("common.loading")}
              </p>
            )}
            {search.state === "done" && search.hasMore && <Button onClick={() => commands.moreHits(key)}>{t("search.more")}</Button>}
          </>
        )}
      </div>
    </div>
  );
}

function Hit({ hit, query, onShow }: { hit: Message; query: string; onShow: (() => void) | null }) {
  const { t, times } = useView();
  const content = (
    <>
      <span class="line-of">
        <bdi class="name">{hit.isMine ? t("message.you") : hit.fromName}</bdi>
        <time dateTime={times.iso(hit.at)}>{times.brief(hit.at)}</time>
      </span>
      <span class="found-text" dir="auto">
        <Marked text={hit.body} query={query} />
      </span>
    </>
  );
  return (
    <li>
      {onShow === null ? (
        <div class="hit">{content}</div>
      ) : (
        <button type="button" class="hit" onClick={onShow}>
          {content}
        </button>
      )}
    </li>
  );
}

/** Characters before the first find that are kept. */
const LEAD = 40;

function Marked({ text, query }: { text: string; query: string }) {
  const words = query.trim().split(/\s+/).filter((word) => word !== "");
  const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "giu");
  const first = text.search(pattern);
  const shown = first > LEAD ? `…${text.slice(first - LEAD)}` : text;
  return <>{words.length === 0 ? shown : shown.split(pattern).map((part, at) => (at % 2 === 1 ? <mark key={at}>{part}</mark> : part))}</>;
}
