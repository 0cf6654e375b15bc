// A screen that is no desk any more: what it had not sent is still there, and goes to the organiser as a file.
import { drawLeft } from "../door/leftovers";
import { type Left, leftByAll, putAway } from "../door/owners";
import { find } from "../door/page";
import { inBrowser } from "../door/store";
import type { Words } from "../door/words";

async function show(): Promise<void> {
  const place = find("[data-left]");
  const words = JSON.parse(find<HTMLTemplateElement>("[data-words]").content.textContent ?? "") as Words;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const away = async (left: Left) => putAway(await inBrowser(left.id), left);
  drawLeft(place, await leftByAll(localStorage, inBrowser), zone, words, away);
}

void show();
