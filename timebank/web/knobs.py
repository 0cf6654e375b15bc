"""What a setting of a community's rules is, as forms and lists show it, and the units that stand beside its figure."""

from __future__ import annotations

from typing import Literal, NamedTuple

from timebank.web.words import _, ngettext

Kind = Literal[
    "text", "points", "count", "minutes", "choice", "session_cap", "expiry", "categories", "bonuses", "days", "yes_no", "order"
]
Group = Literal["earning", "limits", "expiry", "spending", "door", "papers", "entries", "review"]


DAYS = ngettext("%(count)s day", "%(count)s days")
DAY_OF_MONTH = ngettext("day %(count)s", "day %(count)s")
MONTHS = ngettext("%(count)s month", "%(count)s months")
HOURS = ngettext("%(count)s hour", "%(count)s hours")
SECONDS = ngettext("%(count)s second", "%(count)s seconds")
TIMES = ngettext("once", "%(count)s times")
ENTRIES = ngettext("%(count)s entry", "%(count)s entries")
PEOPLE = ngettext("%(count)s person", "%(count)s people")


class Knob(NamedTuple):
    """`unit` stands beside a count; `off` says what an empty field means, where it may be empty; `choices` by value."""

    field: str
    kind: Kind
    label: str
    hint: str = ""
    unit: tuple[str, str] | None = None
    off: str = ""
    choices: tuple[tuple[str, str], ...] = ()


class Chapter(NamedTuple):
    """Settings that belong together; `is_public`: members read them too. The rest is for those who look after the hours."""

    name: Group
    title: str
    knobs: tuple[Knob, ...]
    is_public: bool = True


NO_LIMIT = _("no limit")
NEVER = _("never")
NOT_LOOKED_FOR = _("not looked for")
