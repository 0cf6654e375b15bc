// How many are there, told by the server as it changes; asked for every ten seconds where the line does not stay open.

const EVERY = 10_000;

export interface Count {
  id: string;
  expected: number;
  here: number;
  came: number;
}

/** Hands on the counts that the server tells. Says whether the line is open now; `ended`: the server does not tell this desk any more. */
export function listen(address: string, heard: (counts: Count[]) => void, ended: () => void = () => undefined): () => boolean {
  let isOpen = false;
  const events = new EventSource(address);
  events.onopen = () => {
    isOpen = true;
  };
  events.onerror = () => {
    isOpen = false;
    // Closed for good is an answer, not a cut line.
    if (events.readyState === EventSource.CLOSED) ended();
  };
  events.addEventListener("counts", (event) => {
    isOpen = true;
    heard(JSON.parse(event.data) as Count[]);
  });
  return () => isOpen;
}

/** Keeps the list up to date for as long as the page is open. `isOffline`: nobody is asked, the figures grow old. `ended`: the server
 * does not tell this desk any more. */
export function follow(
  list: HTMLElement,
  address: string,
  sessions: string[],
  isOffline: () => boolean,
  ended: () => void,
): void {
  const events = `/desk/events?${sessions.map((id) => `sessions=${encodeURIComponent(id)}`).join("&")}`;
  const isOpen = listen(
    events,
    (counts) => {
      for (const count of counts) write(list, count);
    },
    ended,
  );
  const ask = async () => {
    if (isOpen() || isOffline() || document.hidden) return;
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok) list.innerHTML = await answer.text();
  };
  setInterval(ask, EVERY);
  document.body.addEventListener("scanned", () => void ask());
}

function write(list: HTMLElement, count: Count): void {
  const line = list.querySelector(`[data-session="${count.id}"]`);
  const figures = [count.here, count.came - count.here, count.expected];
  line?.querySelectorAll("b").forEach((figure, at) => {
    figure.textContent = String(figures[at] ?? "");
  });
}
