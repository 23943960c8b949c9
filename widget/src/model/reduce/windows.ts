// Windows: which are open, in which order, and which one takes what is typed.

import { conversationOf, drop, put, withConversation, withState, type Core } from "../core.ts";
import type { ChatWindow, Key } from "../state.ts";
import { marked } from "./talks.ts";

export function open(core: Core, key: Key): Core {
  const { windows } = core.state;
  const known = windows.find((window) => window.key === key);
  if (known !== undefined) return known.isMinimised ? minimise(core, key, false) : core;
  const opened = withConversation(withState(core, { windows: [...windows, { key, isMinimised: false }] }), key, {});
  return newFrom(opened, key);
}

export function close(core: Core, key: Key): Core {
  const { windows, focused } = core.state;
  const closed = withState(core, {
    windows: windows.filter((window) => window.key !== key),
    focused: focused === key ? null : focused,
  });
  const { search, firstUnread } = conversationOf(core, key);
  const tidied = search === null && firstUnread === null ? closed : withConversation(closed, key, { search: null, firstUnread: null });
  return { ...tidied, newAfter: drop(core.newAfter, key) };
}

export function minimise(core: Core, key: Key, isMinimised: boolean): Core {
  const windows = core.state.windows.map((window) => (window.key === key ? { ...window, isMinimised } : window));
  const { focused } = core.state;
  const changed = withState(core, { windows, focused: isMinimised && focused === key ? null : focused });
  // A window that is looked at again begins "new" where it was left.
  return isMinimised ? { ...changed, newAfter: drop(core.newAfter, key) } : newFrom(changed, key);
}

/** Where "new" begins; nowhere, if nothing is unread: of what was never read here we may not know how far it is. */
function newFrom(core: Core, key: Key): Core {
  const { unread } = conversationOf(core, key);
  return marked({ ...core, newAfter: unread === 0 ? drop(core.newAfter, key) : put(core.newAfter, key, core.read.get(key) ?? 0) }, key);
}

export function move(core: Core, key: Key, to: number): Core {
  const { windows } = core.state;
  const moved = windows.find((window) => window.key === key);
  if (moved === undefined) return core;
  const others: ChatWindow[] = windows.filter((window) => window !== moved);
  others.splice(Math.max(0, Math.min(to, others.length)), 0, moved);
  return withState(core, { windows: others });
}

export function focus(core: Core, key: Key | null): Core {
  if (core.state.focused === key) return core;
  const focused = withState(core, { focused: key });
  if (key === null) return focused;
  const isMinimised = core.state.windows.find((window) => window.key === key)?.isMinimised === true;
  return isMinimised ? minimise(focused, key, false) : focused;
}
