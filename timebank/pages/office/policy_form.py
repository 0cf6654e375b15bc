"""The form of a community's rules: every setting as text, and the draft that was typed or all that makes no sense in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from schedules.oddity_limits import Limits
from timebank.actions.community.set_policy import NOT_FOLLOWED, Draft
from timebank.communities.policies import Policy, Rules
from timebank.pages.meaning import Faults
from timebank.pages.office import policy_windows
from timebank.pages.office.policy_figures import (
    NOT_CHOSEN,
    TOO_LONG,
    Typed,
    Wrong,
    categories,
    days,
    fitting,
    points,
    points_typed,
    whole,
)
from timebank.web import policy_words
from timebank.web.knobs import Knob
from timebank.web.policy_knobs import KNOBS
from timebank.web.words import _

NO_DATE = _("Choose a day.")
LABELS = {"valid_from": _("First day"), "text_zh": _("In Chinese"), "text_en": _("In English")}
LONGEST = 20_000
"""Characters of one field that are looked at."""
BESIDE = ("valid_from", "replaces", "text_zh", "text_en", "key", "session_cap.minutes", "expiry.months")
"""Fields that are no setting of their own."""


def typed_from(policy: Policy | None, starts_on: date, rules: Rules) -> Typed:
    """The form as it begins: these rules from another day on, with the texts of the policy that they come from."""
    typed = dict.fromkeys(BESIDE, "") | {"valid_from": starts_on.isoformat()}
    if policy:
        typed |= {"text_zh": policy.text_zh, "text_en": policy.text_en}
    for knob in KNOBS.values():
        if knob.kind != "bonuses":
            typed |= _written(knob, policy_words.of(knob, rules))
    return typed | policy_windows.typed_from(rules.bonuses)


def _written(knob: Knob, kept: Any) -> Typed:
    match knob.kind:
        case "points":
            return {knob.field: points_typed(kept)}
        case "days":
            return {knob.field: " ".join(map(str, kept))}
        case "categories":
            return {knob.field: "\n".join(f"{name} {percent}" for name, percent in kept.items())}
        case "session_cap" if isinstance(kept, int):
            return {knob.field: "minutes", "session_cap.minutes": str(kept)}
        case "order":
            return {knob.field: ",".join(kept)}
        case "session_cap":
            return {knob.field: kept or "all"}
        case "expiry" if isinstance(kept, int):
            return {knob.field: "months", "expiry.months": str(kept)}
        case _:
            return {knob.field: "" if kept is None else str(kept)}


def typed_of(form: Mapping[str, Any]) -> Typed:
    """What was sent, as far as this form has such a field."""
    known = {*BESIDE, *KNOBS}
    sent = {name: str(text)[:LONGEST] for name, text in form.items() if name in known or policy_windows.is_field(name)}
    return dict.fromkeys(known, "") | sent


def draft_of(typed: Typed, kept: Rules) -> Draft:
    """What was typed; settings that the form does not show stay as in `kept`. Raises Faults with all that is wrong."""
    faults: dict[str, str] = {}
    rules: dict[str, Any] = {name: getattr(kept, name) for name in NOT_FOLLOWED}
    review: dict[str, Any] = {}
    for knob in KNOBS.values():
        owner, name = (review, knob.field.removeprefix("review.")) if "." in knob.field else (rules, knob.field)
        try:
            owner[name] = fitting(name, READ[knob.kind](knob, typed), Limits if owner is review else Rules)
        except Wrong as wrong:
            faults[wrong.field or knob.field] = wrong.words
    day = _day(typed["valid_from"], faults)
    texts = {name: _text(name, typed, faults) for name in ("text_zh", "text_en")}
    if faults or day is None:
        raise Faults(faults)
    return Draft(valid_from=day, rules=Rules(**rules, review=Limits(**review)), replaces=id_of(typed["replaces"]), **texts)


def _text(name: str, typed: Typed, faults: dict[str, str]) -> str:
    text = typed[name].replace("\r\n", "\n").strip()
    if len(text) > 2000:
        faults[name] = TOO_LONG
    return text


def _day(text: str, faults: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        faults["valid_from"] = NO_DATE
        return None


def label_of(field: str) -> str:
    """What a field is called where all that is wrong is listed; empty where it speaks for itself."""
    if field in LABELS:
        return LABELS[field]
    name = next((name for name in (field, field.partition(".")[0]) if name in KNOBS), None)
    return KNOBS[name].label if name else ""


def id_of(text: str) -> UUID | None:
    """The id that stood in a hidden field; None for none, or for what is none."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _session_cap(knob: Knob, typed: Typed) -> Any:
    match typed[knob.field]:
        case "minutes":
            return fitting(knob.field, whole("session_cap.minutes", typed), Rules, "session_cap.minutes")
        case "planned":
            return "planned"
        case "all":
            return None
    raise Wrong(NOT_CHOSEN)


def _expiry(knob: Knob, typed: Typed) -> Any:
    if typed[knob.field] == "months":
        return fitting(knob.field, whole("expiry.months", typed), Rules, "expiry.months")
    return _choice(knob, typed)


def _choice(knob: Knob, typed: Typed) -> str:
    if typed[knob.field] not in dict(knob.choices):
        raise Wrong(NOT_CHOSEN)
    return typed[knob.field]


def _figure(knob: Knob, typed: Typed) -> int | None:
    """A whole number; an empty field where that means something."""
    return None if knob.off and not typed[knob.field].strip() else whole(knob.field, typed)


READ: dict[str, Callable[[Knob, Typed], Any]] = {
    "text": lambda knob, typed: typed[knob.field].strip(),
    "points": lambda knob, typed: None if knob.off and not typed[knob.field].strip() else points(typed[knob.field]),
    "count": _figure,
    "minutes": _figure,
    "choice": _choice,
    "yes_no": lambda knob, typed: _choice(knob, typed) == "True",
    "order": lambda knob, typed: tuple(_choice(knob, typed).split(",")),
    "session_cap": _session_cap,
    "expiry": _expiry,
    "days": lambda knob, typed: days(typed[knob.field]),
    "categories": lambda knob, typed: categories(typed[knob.field]),
    "bonuses": lambda knob, typed: policy_windows.windows_of(typed),
}


def hidden(typed: Typed) -> list[tuple[str, str]]:
    """All fields for a page that shows none of them."""
    return [(name, text) for name, text in typed.items() if text and name not in ("key", "replaces")]


def field_of(path: str) -> str:
    """The id of the form's field for what an action names: `rules.review.keep_days` is `review.keep_days`."""
    return path.removeprefix("rules.")
