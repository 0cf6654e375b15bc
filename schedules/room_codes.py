"""Codes at the door of a room, as text. Pure: no database, no clock.

Poster     an address: .../r/<room, 22>/<mark, 14>; stays until staff renew it
Changing   an address: .../r/<room, 22>/<step, digits>/<mark, 14>; on the display at the door, new every 15 seconds
Typed      eight characters under either of them, for phones that cannot scan
Display    an address: .../display/<room, 22>/<mark, 14>; what a tablet at the door opens, and nobody else
"""

from __future__ import annotations

import base64
import hmac
import re
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import codes

Kind = Literal["poster", "changing", "display"]
OPENED = re.compile(r"(?:\A|/)r/([A-Za-z0-9_-]{22})(?:/([0-9]{1,12}))?/([A-Za-z0-9_-]{14})/?(?:[?#].*)?\Z", re.DOTALL)


class RoomCode(msgspec.Struct, frozen=True):
    """The code of a room's door as read; believed when `mark` is its own. `step` is None on a poster."""

    space_id: UUID
    step: int | None
    mark: str


def read(raw: str) -> RoomCode | str | None:
    """The code in the text: an address of ours, eight typed characters (as text), or None where it is neither."""
    text = codes.normal(raw)
    if found := OPENED.search(text):
        space_id = id_of(found[1])
        return RoomCode(space_id, int(found[2]) if found[2] else None, found[3]) if space_id else None
    plain = codes.ADDED.sub("", text).upper()
    return plain if codes.is_typed(plain) else None


def id_of(text: str) -> UUID | None:
    """The room that 22 characters of an address name; None for a second spelling of the same bytes, or for no room."""
    try:
        data = base64.urlsafe_b64decode(text + "==")
    except ValueError:
        return None
    return UUID(bytes=data) if len(data) == 16 and _text(data) == text else None


def mark(key: bytes, kind: Kind, space_id: UUID, number: int) -> str:
    """What proves a code: `number` is the version of a poster or display, the step of a changing code."""
    return _text(_digest(key, kind, space_id, number)[:10])


def typed(key: bytes, kind: Kind, space_id: UUID, number: int) -> str:
    """The eight characters under a code."""
    return codes.first_typed(int.from_bytes(_digest(key, f"typed {kind}", space_id, number)))


def fits(key: bytes, code: RoomCode, poster_version: int, now: datetime) -> bool:
    """Whether it is this room's poster as it hangs there, or a code that the display shows or has just shown."""
    kind: Kind = "poster" if code.step is None else "changing"
    number = poster_version if code.step is None else code.step
    genuine = hmac.compare_digest(mark(key, kind, code.space_id, number), code.mark)
    return genuine and (code.step is None or codes.is_fresh(code.step, now))


def poster_path(key: bytes, space_id: UUID, version: int) -> str:
    """The path of the address on the poster."""
    return f"/r/{_text(space_id.bytes)}/{mark(key, 'poster', space_id, version)}"


def changing_path(key: bytes, space_id: UUID, step: int) -> str:
    """The path of the address on the display during one step."""
    return f"/r/{_text(space_id.bytes)}/{step}/{mark(key, 'changing', space_id, step)}"


def display_path(key: bytes, space_id: UUID, version: int) -> str:
    """The path that the tablet at the door opens."""
    return f"/display/{_text(space_id.bytes)}/{mark(key, 'display', space_id, version)}"


def _digest(key: bytes, kind: str, space_id: UUID, number: int) -> bytes:
    return hmac.digest(key, b"room " + kind.encode() + space_id.bytes + number.to_bytes(8), "sha256")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")
