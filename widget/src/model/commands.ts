// What a view may ask for, done: the state changes at once where it can, the server is told, and what it refuses is said.

import { codeOf, isObject, list, whole, type Fields, type WireMember, type WireMessage, type WirePerson, type WireRoom } from "../client/index.ts";
import { conversationOf, idOf, isRoom, roomKey, typeOf } from "./core.ts";
import type { Model } from "./model.ts";
import type { Commands, Key, Settings, Show } from "./state.ts";

const PAGE_SIZE = 30;
const HITS = 20;
/** A search waits until somebody has typed. */
const TYPED_AFTER_MS = 300;
const ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function commandsOf(model: Model): Commands {
  return { ...windowCommands(model), ...talkCommands(model), ...peopleCommands(model), ...roomCommands(model), ...pageCommands(model) };
}

/** Calls the server; gives the answer to `then`, and says what was refused. */
async function ask(model: Model, name: string, fields: Fields, then: (answer: unknown) => void = () => undefined): Promise<boolean> {
  try {
    then(await model.client.call(name, fields));
    return true;
  } catch (error) {
    model.fail(codeOf(error));
    return false;
  }
}

type Part<K extends keyof Commands> = Pick<Commands, K>;

function windowCommands(model: Model): Part<"setPanel" | "open" | "close" | "minimise" | "move" | "focus"> {
  return {
    setPanel: (panel) => model.dispatch({ type: "panel", panel }),
    open(key) {
      model.dispatch({ type: "open", key });
      model.dispatch({ type: "focus", key });
      if (!isRoom(key)) model.roster.look([idOf(key)]);
    },
    close: (key) => model.dispatch({ type: "close", key }),
    minimise: (key, isMinimised) => model.dispatch({ type: "minimise", key, isMinimised }),
    move: (key, to) => model.dispatch({ type: "move", key, to }),
    focus: (key) => model.dispatch({ type: "focus", key }),
  };
}

type Talk = "setDraft" | "send" | "retry" | "discard" | "loadOlder" | "search" | "moreHits" | "clearHistory" | "download";

function talkCommands(model: Model): Part<Talk> {
  const searches = searchesOf(model);
  return {
    setDraft(key, draft) {
      model.typing.typed(key, draft);
      model.dispatch({ type: "draft", key, draft });
    },
    send(key, body) {
      if (body.trim() === "") return;
      model.typing.sent(key);
      model.dispatch({ type: "draft", key, draft: "" });
      model.outbox.say(key, body);
    },
    retry: (key, messageKey) => model.outbox.retry(key, messageKey),
    discard: (key, messageKey) => model.outbox.discard(key, messageKey),
    loadOlder: (key) => void loadOlder(model, key),
    ...searches,
    clearHistory(key) {
      void ask(model, "clear_history", { type: typeOf(key), id: idOf(key) }, () => {
        model.dispatch({ type: "cleared", key });
        model.toast("toast.historyCleared");
      });
    },
    download: (key) => void download(model, key),
  };
}

async function loadOlder(model: Model, key: Key): Promise<void> {
  const { older, messages } = conversationOf(model.core, key);
  if (older === "loading" || older === "none" || model.get().link.state !== "online") return;
  model.dispatch({ type: "older", key, older: "loading" });
  const before = messages.find(({ seq }) => seq > 0)?.seq;
  try {
    const answer = await model.client.call("history", { type: typeOf(key), id: idOf(key), before, limit: PAGE_SIZE });
    // The session may have begun anew meanwhile, and with it the list: then this page has nothing to stand before.
    if (conversationOf(model.core, key).messages.find(({ seq }) => seq > 0)?.seq !== before) {
      return model.dispatch({ type: "older", key, older: "more" });
    }
    const page = list(answer as WireMessage[]);
    model.dispatch({ type: "history", key, messages: page, isLast: page.length === 0 });
  } catch (error) {
    model.page.failed(codeOf(error));
    model.dispatch({ type: "older", key, older: "failed" });
  }
}

async function download(model: Model, key: Key): Promise<void> {
  const local = new Date(model.serverNow() - new Date().getTimezoneOffset() * 60_000);
  const date = local.toISOString().slice(0, 10);
  try {
    const fields = { type: typeOf(key), id: idOf(key), time: local.getTime(), date };
    model.page.save(await model.client.file("download_history", fields), `histories-${date}.html`);
  } catch (error) {
    model.fail(codeOf(error), "toast.downloadFailed");
  }
}

function searchesOf(model: Model): Part<"search" | "moreHits"> {
  const before = new Map<Key, number | undefined>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = async (key: Key, query: string): Promise<void> => {
    try {
      const fields = { q: query, type: typeOf(key), id: idOf(key), before: before.get(key), limit: HITS };
      const answer = await model.client.call("search", fields);
      const found = isObject(answer) ? answer : {};
      if (conversationOf(model.core, key).search?.query !== query) return;
      before.set(key, whole(found.before) || undefined);
      const messages = list(found.messages as WireMessage[]);
      model.dispatch({ type: "hits", key, query, messages, hasMore: whole(found.before) > 0 });
    } catch (error) {
      model.page.failed(codeOf(error));
      const search = conversationOf(model.core, key).search;
      if (search?.query === query) model.dispatch({ type: "search", key, search: { ...search, state: "failed" } });
    }
  };
  return {
    search(key, query) {
      clearTimeout(timer);
      before.delete(key);
      const state = query?.trim() ? "searching" : "typing";
      model.dispatch({ type: "search", key, search: query === null ? null : { query, state, hits: [], hasMore: false } });
      if (query?.trim()) timer = setTimeout(() => void look(key, query), TYPED_AFTER_MS);
    },
    moreHits(key) {
      const { search } = conversationOf(model.core, key);
      if (search === null || !search.hasMore || search.state === "searching") return;
      model.dispatch({ type: "search", key, search: { ...search, state: "searching" } });
      void look(key, search.query);
    },
  };
}

function peopleCommands(model: Model): Part<"setShow" | "setStatus" | "findPeople" | "block" | "removeFriend"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const nameOf = (id: string): string => model.get().people.get(id)?.name ?? id;
  const setMood = async (show: Show, status: string): Promise<void> => {
    const { me } = model.get();
    if (me === null) return;
    model.dispatch({ type: "mood", show, status });
    const isTaken = await ask(model, "presence", { show, status });
    if (!isTaken) return model.dispatch({ type: "mood", show: me.show, status: me.status });
    model.keeping.mood(show);
  };
  return {
    setShow: (show) => (show === "unavailable" ? model.commands.signOut() : void setMood(show, model.get().me?.status ?? "")),
    setStatus: (status) => void setMood(model.get().me?.show ?? "available", status),
    findPeople(query) {
      clearTimeout(timer);
      const words = query?.trim() || null;
      model.dispatch({ type: "finding", query: words });
      if (words === null) return;
      const find = (): Promise<boolean> =>
        ask(model, "search", { nick: words }, (answer) => model.dispatch({ type: "found", query: words, people: list(answer as WirePerson[]) }));
      timer = setTimeout(() => void find(), TYPED_AFTER_MS);
    },
    block(id, isBlocked) {
      void ask(model, isBlocked ? "block_user" : "unblock_user", { id }, () => {
        model.dispatch({ type: "block", id, isBlocked });
        model.toast(isBlocked ? "toast.blocked" : "toast.unblocked", { name: nameOf(id) });
        if (!isBlocked) void ask(model, "buddies", { ids: id }, (answer) => model.dispatch({ type: "people", people: list(answer as WirePerson[]) }));
      });
    },
    removeFriend(id) {
      void ask(model, "remove_buddy", { id }, () => {
        model.dispatch({ type: "unfriend", id });
        model.toast("toast.friendRemoved", { name: nameOf(id) });
      });
    },
  };
}

type OfRooms = "loadMembers" | "joinRoom" | "leaveRoom" | "silenceRoom" | "invite" | "makeRoom" | "answerInvitation";

function roomCommands(model: Model): Part<OfRooms> {
  const nameOf = (id: string): string => model.get().rooms.get(id)?.name ?? id;
  const take = (answer: unknown): void => model.dispatch({ type: "rooms", rooms: [answer as WireRoom] });
  return {
    loadMembers(room) {
      void ask(model, "members", { id: room }, (answer) => model.dispatch({ type: "members", room, members: list(answer as WireMember[]) }));
    },
    joinRoom(room) {
      void ask(model, "join", { id: room }, (answer) => {
        take(answer);
        model.toast("toast.joined", { name: nameOf(room) });
      });
    },
    leaveRoom: (room) => void leave(model, room, nameOf(room)),
    silenceRoom(room, isSilenced) {
      void ask(model, isSilenced ? "block" : "unblock", { id: room }, () => model.dispatch({ type: "silence", room, isSilenced }));
    },
    invite(room, people) {
      void ask(model, "invite", { id: room, nick: nameOf(room), members: people.join(",") }, (answer) => {
        take(answer);
        model.toast("toast.invited");
      });
    },
    makeRoom(name, people) {
      const letters = crypto.getRandomValues(new Uint8Array(16));
      const id = Array.from(letters, (byte) => ID_LETTERS.charAt(byte % ID_LETTERS.length)).join("");
      void ask(model, "invite", { id, nick: name, members: people.join(",") }, (answer) => {
        take(answer);
        model.commands.open(roomKey(id));
        model.toast("toast.roomMade");
      });
    },
    // Whoever is invited is in the room already: to accept is to look, to decline is to leave.
    answerInvitation(room, accepts) {
      model.dispatch({ type: "answered", room });
      if (accepts) model.commands.open(roomKey(room));
      else void leave(model, room, "");
    },
  };
}

async function leave(model: Model, room: string, name: string): Promise<void> {
  await ask(model, "leave", { id: room }, () => {
    model.dispatch({ type: "left", room });
    if (name !== "") model.toast("toast.left", { name });
  });
}

type OfPage = "signIn" | "signOut" | "reconnect" | "dismissNotifications" | "dismissToast" | "setSetting";

function pageCommands(model: Model): Part<OfPage> {
  return {
    signIn: () => model.client.signIn(),
    signOut: () => void model.client.signOut().catch(() => undefined),
    reconnect: () => model.client.wake(),
    dismissNotifications() {
      const last = model.get().notifications.at(-1)?.key;
      model.dispatch({ type: "dismiss" });
      if (last !== undefined) void ask(model, "notifications", { read: last });
    },
    dismissToast: (id) => model.dispatch({ type: "untoast", id }),
    setSetting(name, value) {
      const settings: Partial<Settings> = { [name]: value };
      model.dispatch({ type: "setting", settings });
      model.keeping.setting(settings);
    },
  };
}
