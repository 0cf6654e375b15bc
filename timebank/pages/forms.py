"""Forms that were refused: drawn again with what was typed, the error above its field."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response
from msgspec import Meta

from timebank.pages.render import page
from timebank.web.refusals import problem, told
from timebank.web.request import language_of

Ask = Request[Any, Any, Any]
Short = Annotated[str, Meta(max_length=200)]
Long = Annotated[str, Meta(max_length=2000)]


def draw(request: Ask, template: str, refusal: Exception | None = None, **context: Any) -> Response[str]:
    """The page; with `refusal` its words are `refused` in the template (title, detail, field), its status the answer's."""
    refused = {"field": "", **problem(refusal, language_of(request))} if refusal else None
    return page(request, template, told(refusal).status if refusal else 200, refused=refused, **context)
