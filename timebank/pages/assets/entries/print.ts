// A page for paper: its button asks the browser to print, and the hint that tells how to do so without one goes.
for (const button of document.querySelectorAll<HTMLElement>("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
for (const hint of document.querySelectorAll<HTMLElement>("[data-without-print]")) hint.hidden = true;
