// A part of a page that is drawn anew as soon as the server says that somebody came or left; htmx asks for it, and now and then anyway.

for (const part of document.querySelectorAll<HTMLElement>("[data-live]")) {
  let told = "";
  const events = new EventSource(`/desk/events?sessions=${part.dataset.live}`);
  events.addEventListener("counts", (event) => {
    // The first as well: somebody may have come since the page was drawn.
    if (told !== event.data) part.dispatchEvent(new Event("counts"));
    told = event.data;
  });
}
