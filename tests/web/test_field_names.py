"""What a struct says of its fields is said of fields that it has: its text stands in OpenAPI too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from timebank.app import routes
from timebank.settings import Settings

SUBJECT = re.compile(r"(?:^|[.:;]\s+)((?:`[a-z_]\w*`(?:, | and |, and )?)+)")
"""The names with which a sentence begins: `a`, `b` and `c` are ..."""


def structs(of: type[msgspec.Struct] = msgspec.Struct) -> Iterator[type[msgspec.Struct]]:
    for kind in of.__subclasses__():
        yield kind
        yield from structs(kind)


def values(hint: Any) -> Iterator[str]:
    """What a field of this type may hold or bring along: its literals, and the fields of structs in it."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        yield from (str(one.value) for one in hint)
    elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield from hint.__struct_fields__
    elif get_origin(hint) is Literal:
        yield from map(str, get_args(hint))
    else:
        for part in get_args(hint):
            yield from values(part)


def strangers(kind: type) -> set[str]:
    """Names that begin a sentence of its docstring and that nothing in it has."""
    said = {
        name
        for names in SUBJECT.findall(kind.__dict__.get("__doc__") or "")
        for name in re.findall(r"\w+", names.replace(" and ", " "))
    }
    return said and said - set(dir(kind)) - {value for hint in get_type_hints(kind).values() for value in values(hint)}


def test_a_struct_speaks_of_fields_that_it_has() -> None:
    assert routes(Settings(mode="test"))  # loads every room
    ours = [kind for kind in structs() if kind.__module__.startswith(("schedules.", "timebank."))]
    assert len(ours) > 900
    assert not {f"{kind.__module__}.{kind.__name__}": found for kind in ours if (found := strangers(kind))}


def test_a_name_that_is_no_field_is_found() -> None:
    class Made(msgspec.Struct):
        """`id` and `gone` are of the new one; see `elsewhere`. `state`: how it stands."""

        id: int

    assert strangers(Made) == {"gone", "state"}
