"""A member offers help or asks for it; neighbours look for what they can answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import sql
from schedules.errors import NotFound, Refusal
from timebank.actions.action import action
from timebank.actions.neighbours import news, standing
from timebank.actions.neighbours.worth import worth
from timebank.people import audit, blocks, names, posts
from timebank.people.callers import Caller
from timebank.people.posts import Draft, Post, Search
from timebank.points import exchanges
from timebank.points.exchanges import Exchange

PAGE = 20
MOST = 10
"""Posts of one member that are open at a time."""


class TooManyPosts(Refusal):
    """Facts: most."""


class PostOver(Refusal):
    """Nobody can answer it any more. Facts: state."""


class OwnPost(Refusal):
    """Nobody answers or reports their own post. Facts: none."""


class Found(msgspec.Struct, frozen=True):
    """One page of posts, newest first, names by their first character; `before` names the last where there are older ones."""

    posts: list[Post]
    before: UUID | None
    time_zone: str


class SeenPost(msgspec.Struct, frozen=True):
    """One post. `exchanges` under it for its owner, or the reader's own; `mine` the reader's own one that is under way."""

    post: Post
    is_own: bool
    exchanges: list[Exchange]
    mine: UUID | None
    units: int
    """1/100 point that the time named in it brings, by today's rules."""
    unit_zh: str
    unit_en: str
    time_zone: str


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=300)]


async def find_posts(caller: Caller, search: Search, now: datetime, before: UUID | None = None, limit: int = PAGE) -> Found:
    """What the caller can answer. Raises SignInNeeded, ExchangesOff, NoPolicy. Reads only."""
    node, _rules = await standing.of(caller, now)
    found = await posts.find(node.ancestor_ids, caller.member(), search, now, limit + 1, before)
    older = found[limit - 1].id if len(found) > limit else None
    return Found([_masked(post) for post in found[:limit]], older, node.time_zone)


async def see_own_posts(caller: Caller, now: datetime) -> Found:
    """The caller's, open and over. Raises SignInNeeded, ExchangesOff."""
    node, _rules = await standing.of(caller, now)
    return Found(await posts.of_member(caller.member(), now), None, node.time_zone)


async def see_post(caller: Caller, post_id: UUID, now: datetime) -> SeenPost:
    """Raises NotFound also for one of another community, or of somebody whom the caller does not meet. Reads only."""
    post = await readable(caller, post_id, now)
    node, rules = await standing.of(caller, now)
    own = post.member_id == caller.member()
    found = [each for each in await exchanges.of_post(post_id) if own or each.asked_by == caller.member()]
    live = next((each.id for each in found if not own and each.ended_at is None), None)
    units = (await worth(post.community_id, post.minutes, now))[0]
    shown = [news.seen_by(caller.member(), each) for each in found]
    return SeenPost(post if own else _masked(post), own, shown, live, units, rules.unit_zh, rules.unit_en, node.time_zone)


@action
async def add_post(caller: Caller, draft: Draft, now: datetime) -> Post:
    """It stands at once, for the members of the caller's community.

    Raises SignInNeeded, ExchangesOff, NeighbourSuspended, TooYoung, WordsNeeded, ContactInPublic, TooManyPosts, NoPolicy.
    """
    node, _rules = await standing.require_part(caller, now)
    standing.check_public("title", draft.title, is_needed=True)
    standing.check_public("text", draft.text, has_lines=True)
    for field in ("usual_time", "area"):
        standing.check_public(field, getattr(draft, field))
    # Two at once count one after the other: the member's row is theirs alone here.
    await sql.rows("SELECT FROM member WHERE id = $1 FOR NO KEY UPDATE", caller.member())
    if sum(each.state == "open" for each in await posts.of_member(caller.member(), now, 1000)) >= MOST:
        raise TooManyPosts(most=MOST)
    community = await standing.community_of(node)
    made = await posts.add(draft, caller.member(), community.id, now, now + timedelta(days=draft.days))
    await audit.write(caller.id, "neighbour_post.added", f"neighbour_post:{made}", now, kind=draft.kind)
    return await posts.one(made, now)


@action
async def close_post(caller: Caller, post_id: UUID, now: datetime) -> Post:
    """By its owner: nobody answers it any more, and what was only asked lapses; what is agreed stays. Safe to repeat.

    Locks the post, then what is asked under it. Raises NotFound, PostOver where it was taken down.
    """
    post = await posts.locked(post_id, now)
    if post.member_id != caller.member():
        raise NotFound(what="post")
    if post.state == "taken_down":
        raise PostOver(state=post.state)
    if post.state != "closed":
        await posts.end(post_id, "closed", caller.member(), now)
        await audit.write(caller.id, "neighbour_post.closed", f"neighbour_post:{post_id}", now)
        await end_questions(post_id, now)
    return await posts.one(post_id, now)


@action
async def report_post(caller: Caller, post_id: UUID, reason: Reason, now: datetime) -> None:
    """Coordinators look at it; the first word of each member stands. Safe to repeat. Raises NotFound, OwnPost, WordsNeeded."""
    post = await readable(caller, post_id, now)
    if post.member_id == caller.member():
        raise OwnPost()
    standing.check_private("reason", reason.reason)
    if await posts.report(post_id, caller.member(), reason.reason.strip(), now):
        await audit.write(caller.id, "neighbour_post.reported", f"neighbour_post:{post_id}", now)


async def readable(caller: Caller, post_id: UUID, now: datetime) -> Post:
    """Raises NotFound for what the caller does not get to read; who has answered it goes on reading it."""
    post = await posts.one(post_id, now)
    node, _rules = await standing.of(caller, now)
    if post.member_id == caller.member():
        return post
    has_part = any(each.asked_by == caller.member() for each in await exchanges.of_post(post_id))
    if not has_part and (
        post.community_id not in node.ancestor_ids
        or post.state == "taken_down"
        or await blocks.between(caller.member(), post.member_id)
    ):
        raise NotFound(what="post")
    return post


async def end_questions(post_id: UUID, now: datetime) -> None:
    """What was asked under a post that is over lapses, and who asked is told. The caller holds the post's row."""
    for each in await exchanges.of_post(post_id):
        exchange = await exchanges.locked(each.id)
        if exchange.state == "asked":
            await exchanges.end(exchange, "lapsed", now)
            await news.tell(exchange, "exchange_lapsed", [exchange.asked_by], now)


def _masked(post: Post) -> Post:
    return msgspec.structs.replace(post, name=names.masked(post.name))
