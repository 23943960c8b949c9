// The number of unread messages in front of the page's title.

/** Gives the way to show a number and to put the title back. */
export function titleCounter(page: Document = document): { show(unread: number): void; restore(): void } {
  let own = page.title;
  let shown = page.title;
  function show(unread: number): void {
    // The page may have changed its title in the meantime.
    if (page.title !== shown) own = page.title;
    shown = unread > 0 ? `(${unread > 99 ? "99+" : unread}) ${own}` : own;
    if (page.title !== shown) page.title = shown;
    // The browser may have folded spaces.
    shown = page.title;
  }
  return { show, restore: () => show(0) };
}
