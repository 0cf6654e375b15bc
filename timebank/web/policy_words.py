"""Rules as people read them: each setting's value, what would change, examples as sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from timebank.actions.community.policy_meaning import Difference, Sum
from timebank.communities.policies import Bonus, Rules
from timebank.points.examples import Example, examples
from timebank.web import formats
from timebank.web.formats import counted
from timebank.web.knobs import Kind, Knob
from timebank.web.policy_knobs import CHAPTERS, KNOBS
from timebank.web.words import Language, _, ngettext, say

WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


class Line(NamedTuple):
    """A setting and its value."""

    label: str
    value: str


class Section(NamedTuple):
    """One group of settings."""

    title: str
    lines: list[Line]


class Row(NamedTuple):
    """What stands beside each other: `before` is empty where there was nothing."""

    label: str
    before: str
    after: str


def sections(rules: Rules, language: Language, *, is_public: bool = True) -> list[Section]:
    """All settings in their groups; for the public those that decide about members."""
    return [
        Section(
            say(language, chapter.title),
            [Line(say(language, knob.label), value(knob, rules, language)) for knob in chapter.knobs if _is_told(knob, rules)],
        )
        for chapter in CHAPTERS
        if chapter.is_public or not is_public
    ]


def _is_told(knob: Knob, rules: Rules) -> bool:
    """The points' names stand in every line; how long points live at least means nothing where they live for good."""
    means_nothing = (knob.field == "shortest_life_days" and rules.expiry == "never") or (
        knob.field == "above_cap" and rules.wallet_cap_units is None
    )
    return knob.kind != "text" and not means_nothing


def of(knob: Knob, rules: Rules) -> Any:
    """The setting as it is kept."""
    owner: object = rules
    for part in knob.field.split("."):
        owner = getattr(owner, part)
    return owner


def value(knob: Knob, rules: Rules, language: Language) -> str:
    """In words, with its unit."""
    return worded(knob, of(knob, rules), rules, language)


def worded(knob: Knob, kept: Any, rules: Rules, language: Language) -> str:
    """What was kept, in words; `rules` name the points."""
    is_off = (kept is None and knob.kind != "session_cap") or kept in ({}, ())
    return say(language, knob.off) if is_off else WORDED[knob.kind](knob, kept, rules, language)


def points(units: int, rules: Rules, language: Language) -> str:
    """`1.5 points` by the community's own name for them."""
    return formats.amount(units, rules.unit_zh if language == "zh" else rules.unit_en, language)


def named(bonus: Bonus | None, language: Language) -> str:
    """What the window is called; where it has no name, when it is."""
    if bonus is None:
        return ""
    own, other = (bonus.name_zh, bonus.name_en) if language == "zh" else (bonus.name_en, bonus.name_zh)
    return own or other or window(bonus, language)


def window(bonus: Bonus, language: Language) -> str:
    """`Nights Mon Tue 22:00–06:00 150%`."""
    name = (bonus.name_zh or bonus.name_en) if language == "zh" else (bonus.name_en or bonus.name_zh)
    hours = f"{bonus.from_time:%H:%M}–{bonus.until_time:%H:%M}" if bonus.from_time != bonus.until_time else ""
    weekdays = " ".join(say(language, WEEKDAYS[day]) for day in bonus.weekdays)
    days = " ".join(day.isoformat() for day in bonus.days)
    when = " ".join(part for part in (name, weekdays, days, hours) if part) or say(language, _("at all times"))
    return f"{when} {bonus.percent}%"


def _cap(knob: Knob, kept: Any, language: Language) -> str:
    if isinstance(kept, int):
        return say(language, _("at most %(length)s"), length=formats.hours(kept, language))
    words = dict(knob.choices)[kept or "all"]
    return say(language, words)


def _order(knob: Knob, kept: Any, language: Language) -> str:
    """One of those that the form offers; else its steps, as the API takes any."""
    words = dict(knob.choices)
    steps = {"beneficiary": _("a relative who was named"), "pool": _("the neighbourhood's pool"), "expire": _("expire")}
    whole = ",".join(kept)
    return say(language, words[whole]) if whole in words else _joined([say(language, steps[each]) for each in kept], language)


def _expiry(knob: Knob, kept: Any, language: Language) -> str:
    if isinstance(kept, int):
        return counted(ngettext("one month after the service", "%(count)s months after the service"), kept, language)
    return say(language, dict(knob.choices)[kept])


def _joined(parts: Sequence[str], language: Language) -> str:
    return ("；" if language == "zh" else "; ").join(parts)


def settings(fields: Iterable[str], rules: Rules, language: Language) -> list[Line]:
    """Some settings, in the order of the form."""
    return [Line(say(language, knob.label), value(knob, rules, language)) for knob in KNOBS.values() if knob.field in fields]


def changed(changes: Sequence[Difference], old: Rules | None, new: Rules, language: Language) -> list[Row]:
    """Line by line, in the order of the form; without rules before, what is set."""
    fields = {change.field for change in changes}
    return [
        Row(say(language, knob.label), value(knob, old, language) if old else "", value(knob, new, language))
        for knob in KNOBS.values()
        if knob.field in fields
    ]


def sums(found: Sequence[Sum], old: Rules | None, new: Rules, language: Language) -> list[Row]:
    """Examples that anybody can follow, before and after."""
    return [
        Row(
            example(each.example, language),
            points(each.old_units, old or new, language) if each.old_units is not None else "",
            points(each.example.units, new, language),
        )
        for each in found
    ]


def earned(rules: Rules, language: Language) -> list[Line]:
    """Examples by the rules that hold."""
    found = examples(rules, tuple(rules.category_percents), rules.bonuses)
    return [Line(example(each, language), points(each.units, rules, language)) for each in found]


def example(one: Example, language: Language) -> str:
    """What is served in it."""
    length, planned = formats.hours(one.minutes, language), formats.hours(one.planned_minutes, language)
    match one.what:
        case "service" | "short":
            return say(language, _("%(length)s of service"), length=length)
        case "category":
            return say(language, _("%(length)s of “%(category)s”"), length=length, category=one.category)
        case "overlong":
            return say(language, _("%(length)s in a session planned for %(planned)s"), length=length, planned=planned)
        case "bonus":
            return say(language, _("%(length)s in “%(window)s”"), length=length, window=named(one.bonus, language))
        case "day":
            return say(language, _("%(length)s on one day"), length=length)


WORDED: dict[Kind, Callable[[Knob, Any, Rules, Language], str]] = {
    "text": lambda knob, kept, rules, language: str(kept),
    "points": lambda knob, kept, rules, language: points(kept, rules, language),
    "minutes": lambda knob, kept, rules, language: formats.hours(kept, language),
    "count": lambda knob, kept, rules, language: counted(knob.unit or ("", ""), kept, language),
    "days": lambda knob, kept, rules, language: _joined(
        [counted(knob.unit or ("", ""), each, language) for each in kept], language
    ),
    "choice": lambda knob, kept, rules, language: say(language, dict(knob.choices)[kept]),
    "order": lambda knob, kept, rules, language: _order(knob, kept, language),
    "yes_no": lambda knob, kept, rules, language: say(language, dict(knob.choices)[str(kept)]),
    "categories": lambda knob, kept, rules, language: _joined([f"{name} {part}%" for name, part in kept.items()], language),
    "bonuses": lambda knob, kept, rules, language: _joined([window(bonus, language) for bonus in kept], language),
    "session_cap": lambda knob, kept, rules, language: _cap(knob, kept, language),
    "expiry": lambda knob, kept, rules, language: _expiry(knob, kept, language),
}
