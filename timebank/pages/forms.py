"""Forms that were refused: drawn again with what was typed, the error above its field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from litestar import Request, Response
from msgspec import Meta

from schedules.errors import Malformed
from timebank.actions.rooms.keep_spaces import WrongFigure
from timebank.pages.render import page
from timebank.points.refusals import NotAnAmount
from timebank.web.refusals import problem, told
from timebank.web.request import language_of

T = TypeVar("T")

Ask = Request[Any, Any, Any]
Short = Annotated[str, Meta(max_length=200)]
Long = Annotated[str, Meta(max_length=2000)]


def draw(request: Ask, template: str, refusal: Exception | None = None, **context: Any) -> Response[str]:
    """The page; with `refusal` its words are `refused` in the template (title, detail, field), its status the answer's."""
    refused = {"field": "", **problem(refusal, language_of(request))} if refusal else None
    return page(request, template, told(refusal).status if refusal else 200, refused=refused, **context)


def chosen(field: str, text: str, read: Callable[[str], T]) -> T | None:
    """What a form chose in its address; None where it left the field empty. Raises Malformed, which names the field."""
    try:
        return read(text.strip()) if text.strip() else None
    except ValueError as error:
        raise Malformed(field=field, reason="not one of the choices") from error


def member_number(text: str) -> int | None:
    """A member's number as people type it (`#107`, full-width figures too); None for nothing, and for what is none."""
    plain = unicodedata.normalize("NFKC", text).strip().removeprefix("#")
    return int(plain) if re.fullmatch(r"\d{1,16}", plain, re.ASCII) and 0 < int(plain) <= 2**53 else None


def figure(field: str, text: str, least: int, most: int) -> int:
    """A whole number from a form. Raises WrongFigure."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdecimal() and len(plain) < 9 and least <= int(plain) <= most):
        raise WrongFigure(field=field, reason="out of range", least=least, most=most)
    return int(plain)


def units(field: str, text: str) -> int:
    """Points as people type them (`1.5`, `1,5`, full-width figures too) in units of 1/100. Raises NotAnAmount."""
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", ".")
    if not re.fullmatch(r"\d{1,7}(\.\d{1,2})?", plain, re.ASCII) or not (found := int(Decimal(plain) * 100)):
        raise NotAnAmount(field=field, reason="not an amount")
    return found
