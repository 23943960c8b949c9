// Signs the owner in with the account that NextIM keeps, and then fetches the chat, which fills the window.

const form = document.querySelector("#sign-in");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { user, password } = form.elements;
  const body = new URLSearchParams({ domain: "pk_example", user: user.value, password: password.value });
  const answer = await fetch("https://im.example.com/webim/sign_in", { method: "POST", body });
  if (!answer.ok) {
    document.querySelector("#wrong").textContent = "That is not right. Please try again.";
    return;
  }
  const { token } = await answer.json();
  // The same as attributes of the script tag.
  window.nextimSettings = { site: "pk_example", token, mode: "page" };
  const script = document.createElement("script");
  script.src = "https://im.example.com/nextim.js";
  document.head.append(script);
});
