"""Coordinators look at posts: what was said of them, taking one down with a reason, leaving one as it is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from timebank.actions.action import action
from timebank.actions.neighbours import standing
from timebank.actions.neighbours.posts import PostOver, Reason, end_questions
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, posts
from timebank.people.callers import Caller, Right
from timebank.people.posts import Post, Report, Watched


class Moderated(msgspec.Struct, frozen=True):
    """One post as staff see it."""

    post: Post
    reports: list[Report]
    time_zone: str


async def see_posts(caller: Caller, now: datetime) -> list[Watched]:
    """What stands where the caller looks after it, reported ones first. Raises SignInNeeded, NotAllowed. Reads only."""
    caller.require(Right.MEDIATE)
    return await posts.of_communities(caller.nodes(Right.MEDIATE), now)


async def see_moderated(caller: Caller, post_id: UUID, now: datetime) -> Moderated:
    """Raises NotAllowed, NotFound. Reads only."""
    post = await posts.one(post_id, now)
    node = await _reached(caller, post)
    return Moderated(post, await posts.reports_of(post_id), node.time_zone)


@action
async def take_down(caller: Caller, post_id: UUID, reason: Reason, now: datetime) -> Post:
    """Nobody finds it any more, what was only asked under it lapses, and its owner reads the reason. Safe to repeat.

    Locks the post, then what is asked under it. Raises NotAllowed, NotFound, PostOver where its owner has closed it.
    """
    post = await posts.locked(post_id, now)
    await _reached(caller, post)
    if post.state == "taken_down":
        return post
    if post.state == "closed":
        raise PostOver(state=post.state)
    standing.check_public("reason", reason.reason, is_needed=True, has_lines=True)
    await posts.end(post_id, "taken_down", caller.member(), now, reason.reason.strip())
    await posts.mark_seen(post_id, caller.member(), now)
    await end_questions(post_id, now)
    await audit.write(caller.id, "neighbour_post.taken_down", f"neighbour_post:{post_id}", now, reason=reason.reason.strip())
    facts = {"title": post.title, "reason": reason.reason.strip()}
    key, path = f"post_taken_down:{post_id}", f"/neighbours/{post_id}"
    told = Message(key=key, person_id=post.member_id, kind="post_taken_down", facts=facts, path=path)
    await messages.promise([told], now)
    return await posts.one(post_id, now)


@action
async def keep_post(caller: Caller, post_id: UUID, now: datetime) -> Post:
    """It stays; what was said of it so far is dealt with. Safe to repeat. Raises NotAllowed, NotFound."""
    post = await posts.locked(post_id, now)
    await _reached(caller, post)
    if await posts.mark_seen(post_id, caller.member(), now):
        await audit.write(caller.id, "neighbour_post.kept", f"neighbour_post:{post_id}", now)
    return await posts.one(post_id, now)


async def _reached(caller: Caller, post: Post) -> tree.Node:
    node = await tree.node(post.community_id)
    caller.require(Right.MEDIATE, node.ancestor_ids)
    return node
