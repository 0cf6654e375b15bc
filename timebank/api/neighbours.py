"""Help between neighbours: what is offered and wanted, and who looks after it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from timebank.actions.neighbours.arrange import Proposal, answer_post
from timebank.actions.neighbours.moderate import Moderated, keep_post, see_moderated, see_posts, take_down
from timebank.actions.neighbours.part import block, see_blocked, unblock
from timebank.actions.neighbours.posts import (
    Found,
    Reason,
    SeenPost,
    add_post,
    close_post,
    find_posts,
    report_post,
    see_own_posts,
    see_post,
)
from timebank.people.blocks import Blocked
from timebank.people.callers import Right
from timebank.people.posts import Category, Draft, Kind, Post, Search, Watched
from timebank.points.exchanges import Exchange
from timebank.web.access import needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MEDIATE)]


@get("/api/v1/neighbours/posts", guards=[signed_in])
async def get_posts(
    caller: Who,
    now: Now,
    kind: FromQuery[Kind | None] = None,
    category: FromQuery[Category | None] = None,
    words: Annotated[str, QueryParameter(max_length=60)] = "",
    before: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> Found:
    """What the caller can answer in their community, newest first. Names by their first character.

    `before` of the answer is the cursor of the next page; none: this was the last.
    """
    return await find_posts(caller, Search(kind, category, words), now, before, limit)


@get("/api/v1/me/neighbour-posts", guards=[signed_in])
async def get_own_posts(caller: Who, now: Now) -> Found:
    """The caller's own, open and over."""
    return await see_own_posts(caller, now)


@post("/api/v1/neighbours/posts", guards=[signed_in])
async def post_post(data: JSONBody[Draft], caller: Who, now: Now, key: Key = None) -> Response[Post]:
    """It stands at once. 400 `contact_in_public` names the field; 409 `too_many_posts`, `exchanges_off`, `too_young`."""
    answer = await add_post.once(request_key(caller, key, data, now, "add post"), caller, data, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/neighbours/posts/{post_id:uuid}", guards=[signed_in])
async def get_post(post_id: FromPath[UUID], caller: Who, now: Now) -> SeenPost:
    """One post, with what its owner was answered, or with the caller's own answers."""
    return await see_post(caller, post_id, now)


@post("/api/v1/neighbours/posts/{post_id:uuid}/close", guards=[signed_in], status_code=200)
async def post_close(post_id: FromPath[UUID], caller: Who, now: Now) -> Post:
    """By its owner. What was only asked lapses, what is agreed stays. Safe to repeat."""
    return await close_post(caller, post_id, now)


@post("/api/v1/neighbours/posts/{post_id:uuid}/reports", guards=[signed_in], status_code=204)
async def post_report(post_id: FromPath[UUID], data: JSONBody[Reason], caller: Who, now: Now) -> None:
    """Coordinators look at it; the first word of each member stands. Safe to repeat."""
    await report_post(caller, post_id, data, now)


@post("/api/v1/neighbours/posts/{post_id:uuid}/answers", guards=[signed_in])
async def post_answer(
    post_id: FromPath[UUID], data: JSONBody[Proposal], caller: Who, now: Now, key: Key = None
) -> Response[Exchange]:
    """Proposes a time to the owner of the post. 409 `answered_already`, `post_over`, `post_full`, `own_post`."""
    asked = request_key(caller, key, [post_id, data], now, "answer post")
    answer = await answer_post.once(asked, caller, post_id, data, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/me/blocked", guards=[signed_in])
async def get_blocked(caller: Who) -> list[Blocked]:
    """Whom the caller wants nothing to do with, by the first character of their names."""
    return await see_blocked(caller)


@put("/api/v1/me/blocked/{member_id:uuid}", guards=[signed_in], status_code=204)
async def put_blocked(member_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """Neither finds or answers the other any more; the other is not told. Safe to repeat."""
    await block(caller, member_id, now)


@delete("/api/v1/me/blocked/{member_id:uuid}", guards=[signed_in], status_code=204)
async def delete_blocked(member_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """Safe to repeat."""
    await unblock(caller, member_id, now)


@get("/api/v1/neighbours/moderation", guards=staff)
async def get_moderation(caller: Who, now: Now) -> list[Watched]:
    """What stands where the caller looks after it, whole names, reported ones first."""
    return await see_posts(caller, now)


@get("/api/v1/neighbours/moderation/{post_id:uuid}", guards=staff)
async def get_moderated(post_id: FromPath[UUID], caller: Who, now: Now) -> Moderated:
    """One post, with what was said of it and nobody has looked at."""
    return await see_moderated(caller, post_id, now)


@post("/api/v1/neighbours/posts/{post_id:uuid}/take-down", guards=staff, status_code=200)
async def post_take_down(post_id: FromPath[UUID], data: JSONBody[Reason], caller: Who, now: Now) -> Post:
    """The owner reads the reason. Safe to repeat. 409 `post_over` where the owner has closed it."""
    return await take_down(caller, post_id, data, now)


@post("/api/v1/neighbours/posts/{post_id:uuid}/keep", guards=staff, status_code=200)
async def post_keep(post_id: FromPath[UUID], caller: Who, now: Now) -> Post:
    """It stays; the reports so far are dealt with. Safe to repeat."""
    return await keep_post(caller, post_id, now)


routes: list[Any] = [
    get_posts,
    get_own_posts,
    post_post,
    get_post,
    post_close,
    post_report,
    post_answer,
    get_blocked,
    put_blocked,
    delete_blocked,
    get_moderation,
    get_moderated,
    post_take_down,
    post_keep,
]
