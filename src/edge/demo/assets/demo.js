/*
 * What Harbour's own pages do with the chat bar: words beside faces for the presence that the bar keeps at its buttons, and buttons
 * that open a room. The bar itself needs nothing of this.
 */

const WORDS = { available: "online", chat: "happy to chat", away: "away", dnd: "do not disturb", unavailable: "offline" };

function say(button) {
  const show = button.dataset.nextimPresence ?? "unavailable";
  const card = button.closest("[data-member]");
  if (!card) return;
  card.dataset.presence = show;
  for (const place of card.querySelectorAll("[data-presence-word]")) place.textContent = WORDS[show] ?? show;
}

const buttons = [...document.querySelectorAll("[data-nextim-chat]")];
const observer = new MutationObserver((changes) => changes.forEach((change) => say(change.target)));
for (const button of buttons) {
  observer.observe(button, { attributeFilter: ["data-nextim-presence"] });
  say(button);
}

// Commands given before the bar is there are carried out when it is.
window.NextIM ??= [];
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-open-room]");
  if (button) window.NextIM.push(["openRoom", button.dataset.openRoom]);
});
