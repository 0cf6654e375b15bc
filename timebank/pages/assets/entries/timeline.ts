// The rooms as bars: a booking is dragged to another time or room and put back where that is refused. The list of the page stays.

import { type Calendar, createCalendar, Interaction, ResourceTimeline } from "@event-calendar/core";
import "@event-calendar/core/index.css";
import { nonce } from "../door/nonce";
import {
  address,
  type Bar,
  either,
  fill,
  hours,
  type Kind,
  lookedAt,
  type Room,
  type Shown,
  shut,
  title,
} from "../timeline/bars";

const WIDE = "(min-width: 700px)";
const LABELS = 240; // pixels at most that the names of the rooms take

interface Place {
  space_id: string;
  starts: string;
  ends: string;
}

interface Problem {
  title?: string;
  detail?: string;
}

const board = document.querySelector<HTMLElement>("[data-board]") as HTMLElement;
const told = board.querySelector("[data-told]") as HTMLElement;
const words = JSON.parse(board.dataset.words ?? "{}") as Record<string, string>;
const marks = JSON.parse(board.dataset.marks ?? "{}") as Record<Kind, string>;
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
let shown: Shown = { first: board.dataset.first ?? "", days: 1, rooms: [] };
let calendar: Calendar | undefined;
let pressed = { x: 0, y: 0 };

async function read(): Promise<void> {
  const answer = await fetch(board.dataset.calendar ?? "", { headers: { accept: "application/json" } });
  if (answer.status === 401 || answer.status === 403) return window.location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  shown = (await answer.json()) as Shown;
}

function bar(event: Calendar.Event): Bar | undefined {
  return event.extendedProps.bar as Bar | undefined;
}

function resources(): Calendar.ResourceInput[] {
  return shown.rooms.map((room) => ({ id: room.space_id, title: either(room.name, room.name_en, language) }));
}

function events(): Calendar.EventInput[] {
  return shown.rooms.flatMap((room) => [...room.bars.map((each, place) => drawn(room, each, place)), ...closed(room)]);
}

function drawn(room: Room, each: Bar, place: number): Calendar.EventInput {
  return {
    id: `${room.space_id}:${place}`,
    start: each.starts,
    end: each.ends,
    resourceId: room.space_id,
    startEditable: each.may_move,
    durationEditable: each.may_move,
    classNames: [`is-${each.kind}`, ...(each.may_move ? ["may-move"] : [])],
    extendedProps: { bar: each },
  };
}

function closed(room: Room): Calendar.EventInput[] {
  return shut(room, shown.first, shown.days).map((part, place) => ({
    id: `${room.space_id}:shut:${place}`,
    start: part.starts,
    end: part.ends,
    resourceId: room.space_id,
    display: "background",
    classNames: ["is-shut"],
  }));
}

function clocks(place: { starts: string; ends: string }): string {
  return `${place.starts.slice(11, 16)}–${place.ends.slice(11, 16)}`;
}

/** Sign, word, time and name: what a screen reader says of a bar is what stands in it. */
function content(info: Calendar.EventContentInfo): Calendar.Content | undefined {
  const each = bar(info.event);
  if (!each) return undefined;
  const notes = [each.purpose, each.counts ? "" : words.house, each.is_shared ? words.shared : ""].filter(Boolean).join(" · ");
  const time = clocks({ starts: wall(info.event.start), ends: wall(info.event.end) });
  const sign = word("bar-sign", marks[each.kind]);
  sign.ariaHidden = "true";
  const kind = word("bar-kind", ` ${words[each.kind]} ${time} `);
  const name = word("bar-name", [title(each, language), notes].filter(Boolean).join(" "));
  const whole = word("bar-words", "");
  whole.append(sign, kind, name);
  whole.title = whole.textContent ?? "";
  whole.append(word("sr", ` ${nameOf(info.event.resourceIds[0] ?? "")}`));
  return { domNodes: [whole] };
}

function word(className: string, text: string): HTMLElement {
  const made = document.createElement("span");
  made.className = className;
  made.textContent = text;
  return made;
}

/** What stands on the clock of the room: the calendar keeps it in the local fields of its dates. */
function wall(moment: Date): string {
  const two = (figure: number) => String(figure).padStart(2, "0");
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day}T${two(moment.getHours())}:${two(moment.getMinutes())}:00`;
}

function placeOf(event: Calendar.Event): Place {
  return { space_id: String(event.resourceIds[0] ?? ""), starts: wall(event.start), ends: wall(event.end) };
}

function nameOf(spaceId: string | number): string {
  const room = shown.rooms.find((each) => each.space_id === spaceId);
  return room ? either(room.name, room.name_en, language) : "";
}

function spoken(place: Place): string {
  const day = new Date(`${place.starts.slice(0, 10)}T12:00:00Z`);
  const format = { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" } as const;
  return `${new Intl.DateTimeFormat(language, format).format(day)} ${clocks(place)} ${nameOf(place.space_id)}`;
}

/** Tried again under the same key when no answer came. The sentences of the refusal, or nothing when it was done. */
async function put(bookingId: string, place: Place, key = nonce(), tries = 2): Promise<Problem | null> {
  try {
    const answer = await fetch(`/api/v1/bookings/${bookingId}`, {
      method: "PUT",
      headers: { "content-type": "application/json", accept: "application/json", "idempotency-key": key },
      body: JSON.stringify(place),
    });
    return answer.ok ? null : ((await answer.json()) as Problem);
  } catch {
    return tries > 1 ? put(bookingId, place, key, tries - 1) : { title: words.cut ?? "" };
  }
}

function line(className: string, text: string, ...more: Node[]): void {
  const box = document.createElement("div");
  box.className = className;
  const said = document.createElement("p");
  said.textContent = text;
  box.append(said, ...more);
  told.replaceChildren(box);
}

function link(href: string, text: string): HTMLAnchorElement {
  const made = document.createElement("a");
  made.href = href;
  made.textContent = text;
  return made;
}

async function take(info: { event: Calendar.Event; oldEvent: Calendar.Event; revert: () => void }): Promise<void> {
  const each = bar(info.event);
  if (!each?.booking_id) return info.revert();
  const [before, after] = [placeOf(info.oldEvent), placeOf(info.event)];
  board.ariaBusy = "true";
  const problem = await put(each.booking_id, after);
  if (problem) {
    info.revert();
    const said = [problem.title, problem.detail].filter(Boolean).join(" ");
    line("refused", said, link(`${address(each)}/change`, words.change ?? ""));
  } else {
    const undo = document.createElement("button");
    undo.className = "quiet";
    undo.textContent = words.undo ?? "";
    undo.addEventListener("click", () => void back(each, before, undo));
    line("done", fill(words.moved ?? "", { what: each.name, when: spoken(after) }), undo);
  }
  await again();
}

async function back(each: Bar, before: Place, undo: HTMLButtonElement): Promise<void> {
  undo.disabled = true;
  board.ariaBusy = "true";
  const problem = await put(each.booking_id ?? "", before);
  if (problem) line("refused", [problem.title, problem.detail].filter(Boolean).join(" "));
  else line("done", fill(words.moved_back ?? "", { what: each.name, when: spoken(before) }));
  await again();
}

/** Bars and list as they are now: others may have changed them too. */
async function again(): Promise<void> {
  try {
    await read();
    calendar?.setOption("resources", resources());
    calendar?.setOption("events", events());
    await relist();
  } catch {
    line("refused", words.cut ?? "");
  } finally {
    board.ariaBusy = "false";
  }
}

async function relist(): Promise<void> {
  const list = document.querySelector("[data-list]");
  const answer = await fetch(window.location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || !list || list.contains(document.activeElement)) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-list]");
  if (fresh) list.replaceWith(fresh);
}

function clock(hour: number): string {
  return `${String(hour).padStart(2, "0")}:00`;
}

/** The line of the present stands where the reader's clock says; it is drawn only where that is the clock of the rooms. */
function isHere(): boolean {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return shown.rooms.every((room) => room.time_zone === here);
}

/** Whoever pulls at a bar that cannot be moved does not mean to open it. */
function isPulled(event: Event): boolean {
  return event instanceof MouseEvent && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > 5;
}

/** The library calls its grid a table, which it is not: bars would stand in no cell. Each bar names its room, and the list is below. */
function plainly(): void {
  for (const element of board.querySelectorAll(".ec, .ec [role]:not([role=link])")) {
    for (const name of ["role", "aria-colindex", "aria-rowindex"]) element.removeAttribute(name);
  }
}

function draw(): void {
  const isWeek = board.dataset.view === "week";
  const [first, last] = hours(shown, isWeek ? 4 : 1);
  const slots = isWeek ? (last - first) * 3.5 : (last - first) * 2;
  const step = Math.min(30, ...shown.rooms.map((room) => room.grid));
  calendar = createCalendar(board.querySelector("[data-bars]") as HTMLElement, [ResourceTimeline, Interaction], {
    view: isWeek ? "resourceTimelineWeek" : "resourceTimelineDay",
    date: shown.first,
    firstDay: 1,
    locale: language,
    headerToolbar: { start: "", center: "", end: "" },
    height: "auto",
    slotMinTime: clock(first),
    slotMaxTime: clock(last),
    scrollTime: clock(Math.max(first, lookedAt(shown))),
    slotDuration: isWeek ? "02:00" : "00:30",
    slotLabelInterval: isWeek ? "04:00" : "01:00",
    snapDuration: `00:${String(step).padStart(2, "0")}`,
    slotWidth: Math.max(36, Math.floor((board.clientWidth - LABELS) / slots)),
    slotLabelFormat: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    dayHeaderFormat: { weekday: "short", month: "short", day: "numeric" },
    nowIndicator: isHere(),
    resources: resources(),
    events: events(),
    eventContent: content,
    eventDidMount: (info) => {
      if (bar(info.event)) info.el.setAttribute("role", "link");
    },
    eventAllUpdated: plainly,
    eventClick: (info) => {
      const each = bar(info.event);
      if (each && !isPulled(info.jsEvent)) window.location.assign(address(each));
    },
    eventDrop: (info) => void take(info),
    eventResize: (info) => void take(info),
  });
}

async function start(): Promise<void> {
  if (calendar || !window.matchMedia(WIDE).matches) return;
  await read();
  if (calendar || !shown.rooms.length) return;
  board.hidden = false;
  draw();
}

board.addEventListener("pointerdown", (event) => {
  pressed = { x: event.clientX, y: event.clientY };
});
window.matchMedia(WIDE).addEventListener("change", () => void start().catch(() => undefined));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && calendar && board.ariaBusy !== "true") void again();
});
window.addEventListener("online", () => void (calendar && again()));
// Without an answer the list is there all the same.
void start().catch(() => undefined);
