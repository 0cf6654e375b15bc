// What the calendar of the rooms knows: its data as the API gives them, and what is drawn of them.

export type Kind = "booking" | "request" | "offer" | "session" | "closure";

export interface Bar {
  space_id: string;
  kind: Kind;
  starts: string;
  ends: string;
  title: string;
  title_en: string;
  name: string;
  purpose: string;
  counts: boolean;
  booking_id: string | null;
  session_id: string | null;
  closure_id: string | null;
  is_shared: boolean;
  may_move: boolean;
}

export interface Wall {
  starts: string;
  ends: string;
}

export interface Room {
  space_id: string;
  name: string;
  name_en: string;
  time_zone: string;
  grid: number;
  open: Wall[];
  bars: Bar[];
}

export interface Shown {
  first: string;
  days: number;
  rooms: Room[];
}

/** The own words of a thing that may have two names. */
export function either(own: string, english: string, language: string): string {
  return language.startsWith("en") ? english || own : own || english;
}

export function title(bar: Bar, language: string): string {
  return bar.booking_id ? bar.name : either(bar.title, bar.title_en, language);
}

/** The page on which it is looked at and changed. */
export function address(bar: Bar): string {
  if (bar.booking_id) return `/me/bookings/${bar.booking_id}`;
  return bar.session_id ? `/organise/sessions/${bar.session_id}` : `/office/rooms/${bar.space_id}`;
}

/** `2026-11-27` some days later; days are counted on the calendar, whatever the clocks of the reader do. */
export function later(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

function hour(wall: string, day: string): number {
  return wall.slice(0, 10) > day ? 24 : Number(wall.slice(11, 13)) + Number(wall.slice(14, 16)) / 60;
}

/** The hours of a day that are drawn: open times and whatever stands outside of them. Eight to twenty where there is nothing. Whole steps. */
export function hours(shown: Shown, step = 1): [number, number] {
  const uses = shown.rooms.flatMap((room) => [...room.open, ...room.bars]);
  const starts: number[] = [];
  const ends: number[] = [];
  for (const use of uses) {
    for (let number = 0; number < shown.days; number++) {
      const day = later(shown.first, number);
      if (use.ends <= `${day}T00:00:00` || use.starts.slice(0, 10) > day) continue;
      starts.push(use.starts.slice(0, 10) < day ? 0 : Math.floor(hour(use.starts, day)));
      ends.push(Math.ceil(hour(use.ends, day)));
    }
  }
  const [first, last] = starts.length ? [Math.min(...starts), Math.max(...ends)] : [8, 20];
  return [Math.floor(first / step) * step, Math.ceil(last / step) * step];
}

/** The hour that is looked at first, of those that are drawn: that of the first bar; eight where nothing stands. */
export function lookedAt(shown: Shown): number {
  return hours({ ...shown, rooms: shown.rooms.map((room) => ({ ...room, open: [] })) })[0];
}

/** When a room is not open, day by day. */
export function shut(room: Room, first: string, days: number): Wall[] {
  const found: Wall[] = [];
  for (let number = 0; number < days; number++) {
    const begin = `${later(first, number)}T00:00:00`;
    const end = `${later(first, number + 1)}T00:00:00`;
    let free = begin;
    for (const part of room.open) {
      if (part.ends <= begin || part.starts >= end) continue;
      if (part.starts > free) found.push({ starts: free, ends: part.starts });
      free = part.ends > free ? part.ends : free;
    }
    if (free < end) found.push({ starts: free, ends: end });
  }
  return found;
}

/** A sentence with its [words] filled in. */
export function fill(sentence: string, facts: Record<string, string>): string {
  return sentence.replace(/\[(\w+)\]/g, (whole, name: string) => facts[name] ?? whole);
}
