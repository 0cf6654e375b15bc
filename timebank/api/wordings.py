"""What a public activity says of itself."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from schedules import wordings
from schedules.wordings import Wording
from timebank.actions.activities.reword_activity import Told, reword_activity, see_wording
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

runs = [needs(Right.RUN_ACTIVITIES)]
Needed = Annotated[str, Meta(min_length=1, max_length=4000)]
Long = Annotated[str, Meta(max_length=4000)]


class Rewording(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole text; an English line that is empty stays empty. `version`: what was read; without it, nothing is compared."""

    title: Annotated[str, Meta(min_length=1, max_length=120)]
    title_en: Annotated[str, Meta(max_length=120)]
    content: Needed
    content_en: Long
    risks: Needed
    risks_en: Long
    version: Annotated[str, Meta(max_length=64)] = ""


class RewordingView(msgspec.Struct):
    """As it says it now; `version` is another one for every other text. Send all of it back with what is to change."""

    title: str
    title_en: str
    content: str
    content_en: str
    risks: str
    risks_en: str
    version: str


class RefusedWording(msgspec.Struct):
    """Of code `reworded_meanwhile`: somebody else was quicker; it says `wording` by now. Of `not_public`: words alone."""

    code: str
    title: str
    detail: str
    version: str | None = None
    wording: Wording | None = None


@get("/api/v1/activities/{activity_id:uuid}/wording", guards=runs)
async def get_wording(activity_id: FromPath[UUID], caller: Who) -> RewordingView:
    """What a public activity says of itself, in both languages, for who may reword it. 409 `not_public`."""
    found = await see_wording(caller, activity_id)
    return RewordingView(**msgspec.structs.asdict(found), version=wordings.version(found))


@put(
    "/api/v1/activities/{activity_id:uuid}/wording",
    guards=runs,
    responses={
        409: ResponseSpec(
            RefusedWording,
            description="It says something else by now, or it is not public; nothing was written.",
            media_type="application/problem+json",
            generate_examples=False,
        )
    },
)
async def put_wording(activity_id: FromPath[UUID], data: JSONBody[Rewording], caller: Who, now: Now) -> Told:
    """Title, what is done and risks of a public activity, in both languages. Safe to repeat.

    Whoever is signed up for a session to come is told where something reads otherwise than before, ten minutes later at the
    earliest; what changes until then goes into the same message. 409 `reworded_meanwhile` with the newer text, 409
    `not_public`; 403 for who does not run activities there, 404 for no such activity.
    """
    typed = msgspec.structs.asdict(data)
    seen = typed.pop("version")
    return await reword_activity(caller, activity_id, Wording(**typed), now, seen)


routes: list[Any] = [get_wording, put_wording]
