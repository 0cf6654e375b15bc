"""The cells of a row as values: what a spreadsheet made of numbers, phones and days is read as people meant it, or refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from timebank.actions.imports.columns import LONGEST, LONGEST_ELSE, NEEDED, Kind
from timebank.people import members, phones

MOST_UNITS = 100_000_000
DAY = 1440
OLDEST = date(1900, 1, 1)


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a row cannot be taken over: `code` is a sentence of web/import_words.py, `column` the cell, `line` another row."""

    code: str
    column: str = ""
    line: int | None = None


class Row(msgspec.Struct, frozen=True):
    """A row of a file under known headings; `line` as a spreadsheet numbers it."""

    line: int
    cells: dict[str, str]


class Reading(msgspec.Struct, frozen=True):
    """A row as values, and what is wrong with it by itself."""

    line: int
    said: dict[str, Any]
    faults: list[Fault]


class _Wrong(Exception):
    """The cell is not what its column holds: the fault's code."""


def read(kind: Kind, rows: Iterable[Row], today: date) -> list[Reading]:
    """Every row by itself, and which say what an earlier one says already. Changes and asks nothing."""
    seen: dict[tuple[str, ...], int] = {}
    return [_read(kind, row, today, seen) for row in rows]


def _read(kind: Kind, row: Row, today: date, seen: dict[tuple[str, ...], int]) -> Reading:
    said: dict[str, Any] = {}
    faults = []
    for column, text in row.cells.items():
        try:
            value = _value(column, text, today)
        except _Wrong as wrong:
            faults.append(Fault(str(wrong), column))
        else:
            if value not in (None, "", []):
                said[column] = value
    wrong_ones = {fault.column for fault in faults}
    faults += [Fault("empty", column) for column in NEEDED[kind] if column not in said and column not in wrong_ones]
    if kind == "records" and not {"service_minutes", "service_hours"} & (said.keys() | wrong_ones):
        faults.append(Fault("empty", "service_minutes"))
    if "service_hours" in said:
        said["service_minutes"] = said.pop("service_hours")
    if not _names_somebody(said) and not wrong_ones & {"number", "old_number", "phone", "name", "door"}:
        faults.append(Fault("nobody_named"))
    if not faults:
        faults += _repeats(kind, row.line, said, seen)
    return Reading(row.line, said, faults)


def _names_somebody(said: Mapping[str, Any]) -> bool:
    return bool({"number", "old_number", "phone"} & said.keys()) or {"name", "door"} <= said.keys()


def _repeats(kind: Kind, line: int, said: dict[str, Any], seen: dict[tuple[str, ...], int]) -> list[Fault]:
    for key in _keys(kind, said):
        if (first := seen.setdefault(key, line)) != line:
            return [Fault("twice", line=first)]
    return []


def _keys(kind: Kind, said: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """What no other row of the file may say too."""
    if kind == "members":
        keys = [(column, str(said[column])) for column in ("phone", "old_number") if column in said]
        return [*keys, ("door", said["name"], said["door"])] if "door" in said else list(keys)
    who = tuple(str(said.get(column, "")) for column in ("number", "old_number", "phone", "name", "door"))
    if kind == "balances":
        return [(*who, said.get("reference", ""))]
    return [(*who, *(str(said[column]) for column in sorted(said) if column not in ("number", "old_number", "phone", "door")))]


def _value(column: str, text: str, today: date) -> Any:
    """Raises _Wrong."""
    text = text.strip()
    if not text:
        return None
    if text.startswith("="):
        raise _Wrong("formula")
    if len(text) > LONGEST.get(column, LONGEST_ELSE):
        raise _Wrong("too_long")
    if column == "born_on":
        return _born_on(text, today)
    if column == "served_on":
        return _past(text, today).isoformat()
    return READERS.get(column, str)(text)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def one_spelling(text: str) -> str:
    """Wide signs as narrow ones, one space between words: what people write anew each time is the same."""
    return " ".join(_plain(text).split())


def _digits(text: str) -> str:
    """A number that a spreadsheet wrote as a decimal or with an exponent, in figures. Raises _Wrong where it rounded."""
    plain = _plain(text)
    if re.fullmatch(r"\d+\.0+", plain):
        return plain.partition(".")[0]
    if found := re.fullmatch(r"(\d)(?:\.(\d+))?[eE]\+?(\d+)", plain):
        first, rest, power = found[1], found[2] or "", int(found[3])
        # Fewer figures than the number has: the spreadsheet has thrown the last ones away.
        if power > 20 or len(rest) < power:
            raise _Wrong("rounded")
        return first + rest[:power]
    return plain


def _phone(text: str) -> str:
    """A list has numbers that were cut off, which nobody types: too short, or a mobile number that lacks figures."""
    try:
        found = phones.normal(_digits(text))
    except phones.NotAPhoneNumber as refusal:
        raise _Wrong("no_phone") from refusal
    if not found.startswith("+") and (len(found) < 7 or (found.startswith("1") and len(found) != 11)):
        raise _Wrong("no_phone")
    return found


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", found := _digits(text)) or not int(found):
        raise _Wrong("no_number")
    return int(found)


def _day(text: str) -> date:
    plain = re.sub(r"[\sT]00:00(:00)?$", "", _plain(text))
    found = re.fullmatch(r"(\d{4})(?:[-/.年]\s*(\d{1,2})[-/.月]\s*(\d{1,2})日?|(\d{2})(\d{2}))", plain)
    if found is None:
        raise _Wrong("no_day")
    try:
        return date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
    except ValueError as error:
        raise _Wrong("no_day") from error


def _past(text: str, today: date) -> date:
    found = _day(text)
    if not OLDEST <= found <= today:
        raise _Wrong("not_past")
    return found


def _born_on(text: str, today: date) -> str:
    found = _past(text, today)
    if members.age(found, today) < members.GUARDIAN_UNTIL:
        raise _Wrong("under_age")
    return found.isoformat()


def _decimal(text: str, code: str) -> Decimal:
    plain = _plain(text)
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(r"\d{1,9}(\.\d{1,10})?", plain):
        raise _Wrong(code)
    return Decimal(plain)


def _points(text: str) -> int:
    """In units of 1/100 point."""
    units = _decimal(text, "no_points") * 100
    if units != int(units) or not 0 < units <= MOST_UNITS:
        raise _Wrong("no_points")
    return int(units)


def _minutes(text: str) -> int:
    return _fits(_decimal(text, "no_minutes"))


def _hours(text: str) -> int:
    """In minutes: `1.5`, `1:30`, `1小时30分`."""
    if found := re.fullmatch(r"(\d{1,2})(?::|小时|h)(\d{1,2})(?:分钟?|m|min)?", _plain(text)):
        return _fits(Decimal(int(found[1]) * 60 + int(found[2])))
    return _fits(_decimal(re.sub(r"(小时|h)$", "", _plain(text)), "no_minutes") * 60)


def _fits(minutes: Decimal) -> int:
    if minutes != int(minutes) or not 1 <= minutes <= DAY:
        raise _Wrong("no_minutes")
    return int(minutes)


def _choice(choices: Mapping[str, str]) -> Callable[[str], str]:
    def choose(text: str) -> str:
        found = choices.get(_plain(text).casefold())
        if found is None:
            raise _Wrong("no_choice")
        return found

    return choose


def _skills(text: str) -> list[str]:
    found = [word.strip() for word in re.split(r"[、,，;；/\n]", text) if word.strip()]
    if len(found) > 20:
        raise _Wrong("too_long")
    return found


LANGUAGES = {"zh": "zh", "中文": "zh", "汉语": "zh", "chinese": "zh", "en": "en", "英文": "en", "英语": "en", "english": "en"}
SEXES = {"女": "female", "female": "female", "f": "female", "男": "male", "male": "male", "m": "male"}
READERS: dict[str, Callable[[str], Any]] = {
    "number": _number,
    "old_number": _digits,
    "phone": _phone,
    "relative": _digits,
    "reference": lambda text: one_spelling(_digits(text)),
    "chosen_language": _choice(LANGUAGES),
    "sex": _choice(SEXES),
    "skills": _skills,
    "points": _points,
    "service_minutes": _minutes,
    "service_hours": _hours,
}
