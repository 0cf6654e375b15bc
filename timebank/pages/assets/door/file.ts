// Scans that nobody takes over by themselves, as a table for whoever puts them right by hand or hands it in at the office. A file is
// passed on: codes stand in it as the server alone can open them, or not at all.
import { onTheWall } from "./clock";
import type { Left } from "./owners";
import type { About, Item, Result } from "./queue";
import { base64url } from "./to_server";
import { fill, type Words } from "./words";

/** What a spreadsheet would take for a formula is text. */
const FORMULA = /^[=+\-@\t\r]/;

/** The columns of `words.said.file_heads`, a line for each scan by the time at which it happened, as CSV that a spreadsheet opens. */
export function table(
  { id, waiting, rejected }: Pick<Left, "id" | "waiting" | "rejected">,
  words: Words,
  zone: string,
  language: string,
): string {
  const lines = [
    ...waiting.map(({ item, about, failed }) => line(item, about, null, failed === true)),
    ...rejected.map(({ item, result, about }) => line(item, about, result, false)),
  ];

  function line(item: Item, about: About | undefined, result: Result | null, failed: boolean): string[] {
    const said = item.undoes ? `undone_${item.direction}` : item.reason === "ok" ? item.direction : item.reason;
    return [
      day(item, zone, language),
      onTheWall(corrected(item), zone, language),
      about?.title ?? "",
      words.said[item.direction === "in" ? "way_in" : "way_out"] ?? item.direction,
      about?.number === undefined ? "" : String(about.number),
      words.said[said] ?? words.refusals[said]?.[0] ?? said,
      item.remark ?? "",
      item.override_reason ?? "",
      result?.title ?? (failed ? (words.said.failed ?? "") : ""),
      result === null ? token(id, item) : "",
    ];
  }

  const heads = (words.said.file_heads ?? "").split("|");
  const inOrder = lines.sort(([one = "", then = ""], [other = "", later = ""]) => (one + then < other + later ? -1 : 1));
  return `\ufeff${[heads, ...inOrder].map((cells) => cells.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** A scan as the office's page finds it in the file, whatever a spreadsheet has made of the rest; nothing where there is no code. */
function token(desk: string, item: Item): string {
  if (!item.sealed && !item.undoes) return "";
  return `TBQ1.${base64url(new TextEncoder().encode(JSON.stringify({ desk, item })))}`;
}

/** Hands it to the browser, which asks where to keep it. */
export function save(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The file's name: whose scans, and the day. */
export function nameOf(left: Pick<Left, "name">, words: Words, now: number): string {
  const name = fill(words.said.file_name ?? "{name}", { name: left.name, day: new Date(now).toISOString().slice(0, 10) });
  return `${name.replace(/[\\/:*?"<>|\s]+/g, "-")}.csv`;
}

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function corrected(item: Item): number {
  return Date.parse(item.happened_at) - (item.skew_ms ?? 0);
}

function day(item: Item, zone: string, language: string): string {
  const how = { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone } as const;
  return new Intl.DateTimeFormat(language === "en" ? "en-CA" : "sv-SE", how).format(corrected(item));
}
