// Who signs out of the site signs out of the chat, in every tab.

document.querySelector("#sign-out").addEventListener("submit", () => window.NextIM?.logout?.());
