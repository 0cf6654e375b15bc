// Self check-in works without this. It says "one moment" on a slow line, keeps an impatient finger from sending twice, and asks what
// has become of the points until they are there. After a cut the next round simply reads the state again.
export {};

const SLOW = 300;
const AGAIN = 2000;

for (const form of document.querySelectorAll<HTMLFormElement>("main form[method=post]"))
  form.addEventListener("submit", (event) => {
    if (form.classList.contains("is-sent")) return event.preventDefault();
    form.classList.add("is-sent");
    const button = form.querySelector<HTMLElement>("[data-waiting]");
    setTimeout(() => {
      if (button) button.textContent = button.dataset.waiting ?? "";
    }, SLOW);
  });

// Coming back to the page by the browser's own button: it may be sent again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

async function askAgain(): Promise<void> {
  const part = document.querySelector<HTMLElement>("[data-again]");
  if (!part) return;
  try {
    const answer = await fetch(part.dataset.again ?? "", { headers: { accept: "text/html" } });
    if (answer.ok && !answer.redirected) {
      const fresh = document.createElement("template");
      fresh.innerHTML = await answer.text();
      part.replaceWith(fresh.content);
    }
  } catch {
    // no network: the next round
  }
  setTimeout(() => void askAgain(), AGAIN);
}

setTimeout(() => void askAgain(), AGAIN);
