// A part of a page that is drawn anew as soon as the server says that somebody came or left. Where the server opens no such line (no
// right to scan there) or it was closed for good, the part asks by itself now and then.

const EVERY = 10_000;

for (const part of document.querySelectorAll<HTMLElement>("[data-live]")) {
  let told = "";
  const draw = () => part.dispatchEvent(new Event("counts"));
  const events = new EventSource(`/desk/events?sessions=${part.dataset.live}`);
  events.addEventListener("counts", (event) => {
    // The first as well: somebody may have come since the page was drawn.
    if (told !== event.data) draw();
    told = event.data;
  });
  // A line that broke is opened anew by the browser; a refused one is closed, and is not.
  events.addEventListener("error", () => {
    if (events.readyState !== EventSource.CLOSED) return;
    setInterval(() => document.hidden || draw(), EVERY);
  });
}
