// Looking somebody up by name, for those who may: who left the card at home is checked in all the same, and the log says how.

import { copy, either, find, put, show } from "./page";
import type { Call } from "./server";

export interface Found {
  signup_id: string;
  name: string;
  role: string;
  role_en: string;
  session: string;
  state: string;
}

/** `take` checks the person in or out, whichever the desk does now; without it the list only tells who is signed up (checkin-88).
 * What comes back asks once more where there was no answer: for when the server answers again. */
export function searching(
  place: HTMLElement,
  sessions: string[],
  call: Call,
  take: ((found: Found) => void) | null,
): () => void {
  const [form, field, results] = [
    find<HTMLFormElement>("form", place),
    find<HTMLInputElement>("input", place),
    find("ul", place),
  ];
  const [none, cut] = [find("[data-none]", place), find("[data-cut]", place)];

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = new URLSearchParams([...sessions.map((id) => ["sessions", id]), ["name", field.value.trim()]]);
    const reply = await call<Found[] & { title?: string; detail?: string }>("GET", `/api/v1/desk/people?${asked}`);
    show(cut, reply === null);
    const found = reply && Array.isArray(reply.body) ? reply.body : [];
    show(none, reply !== null && reply.status < 400 && found.length === 0);
    const refused = reply && reply.status >= 400 ? reply.body : null;
    put(place, "refused", refused ? `${refused.title ?? ""} ${refused.detail ?? ""}` : "");
    results.replaceChildren(...found.map(line));
  });

  function line(found: Found): HTMLElement {
    const made = copy("found");
    put(made, "name", found.name);
    put(made, "role", either(found.role, found.role_en));
    for (const mark of made.querySelectorAll<HTMLElement>("[data-state]")) show(mark, mark.dataset.state === found.state);
    const button = find("button", made);
    if (!take) {
      button.remove();
      return made;
    }
    // Who is inside can only go out, whichever way the desk scans now.
    if (found.state === "here") {
      find("[data-way=in]", made).remove();
      find("[data-way=out]", made).classList.remove("only-out");
    }
    button.addEventListener("click", () => {
      results.replaceChildren();
      field.value = "";
      take(found);
    });
    return made;
  }

  return () => {
    if (!cut.hidden && field.value.trim()) form.requestSubmit();
    else show(cut, false);
  };
}
