"""What neighbours offer each other and ask of each other: posts, which the members of a community read and may report."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta

from schedules import sql
from schedules.errors import NotFound

Kind = Literal["help_offered", "help_wanted"]
Category = Literal["errands", "company", "phones", "repairs", "learning", "care", "home", "other"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
State = Literal["open", "closed", "taken_down", "expired"]
Line = Annotated[str, Meta(max_length=60)]


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What its owner writes. `minutes` each time, `places` how many neighbours; `usual_time` and `area` are words."""

    kind: Kind
    category: Category
    title: Annotated[str, Meta(min_length=1, max_length=60)]
    text: Annotated[str, Meta(max_length=600)] = ""
    usual_time: Line = ""
    area: Line = ""
    minutes: Annotated[int, Meta(ge=15, le=720)]
    places: Annotated[int, Meta(ge=1, le=50)] = 1
    days: Annotated[int, Meta(ge=1, le=90)] = 30
    """How long it stands."""


class Post(msgspec.Struct, frozen=True):
    """`taken` of `places` are agreed on; `state` is as of now."""

    id: UUID
    member_id: UUID
    name: str
    community_id: UUID
    kind: Kind
    category: Category
    title: str
    text: str
    usual_time: str
    area: str
    minutes: int
    places: int
    taken: int
    posted_at: datetime
    expires_at: datetime
    state: State
    reason: str


class Watched(Post, frozen=True):
    """The same for staff; `reports` wait to be read. The owner, who may know who it could be, never learns of them."""

    reports: int


class Report(msgspec.Struct, frozen=True):
    """What somebody said of a post; staff read it."""

    name: str
    reason: str
    reported_at: datetime


class Search(msgspec.Struct, frozen=True):
    """What is looked for; empty: all."""

    kind: Kind | None = None
    category: Category | None = None
    words: str = ""


# A place is taken by what was agreed and has not come to nothing.
TAKEN = """
(SELECT count(*) FROM exchange x WHERE x.post_id = p.id AND x.state IN ('agreed', 'mediation', 'settled'))
"""
SELECT = f"""
SELECT p.id, p.member_id, m.name, p.community_id, p.kind, p.category, p.title, p.text, p.usual_time, p.area, p.minutes,
       p.places, {TAKEN} AS taken, p.posted_at, p.expires_at,
       CASE WHEN p.state = 'open' AND p.expires_at <= $1 THEN 'expired' ELSE p.state END AS state, p.reason
  FROM neighbour_post p JOIN member m ON m.id = p.member_id
"""
# Open, with a place left, of somebody in good standing with whom the reader has not broken.
FOUND = f"""
{SELECT}
 WHERE p.community_id = ANY ($2) AND p.state = 'open' AND p.expires_at > $1 AND p.member_id <> $3 AND m.state = 'active'
   AND {TAKEN} < p.places
   AND ($4::text IS NULL OR p.kind = $4) AND ($5::text IS NULL OR p.category = $5)
   AND ($6 = '' OR strpos(lower(p.title || ' ' || p.text || ' ' || p.area), lower($6)) > 0)
   AND ($7::uuid IS NULL OR (p.posted_at, p.id) < (SELECT b.posted_at, b.id FROM neighbour_post b WHERE b.id = $7))
   AND NOT EXISTS (SELECT FROM neighbour_block k WHERE k.ended_at IS NULL
                    AND (k.member_id, k.blocked_id) IN (($3, p.member_id), (p.member_id, $3)))
 ORDER BY p.posted_at DESC, p.id DESC LIMIT $8
"""


async def add(draft: Draft, member_id: UUID, community_id: UUID, posted_at: datetime, expires_at: datetime) -> UUID:
    """A post that is open at once. A repeat is another post: see `Action.once`."""
    made = uuid4()
    await sql.rows(
        "INSERT INTO neighbour_post (id, member_id, community_id, kind, category, title, text, usual_time, area, minutes, "
        "places, posted_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        made,
        member_id,
        community_id,
        draft.kind,
        draft.category,
        draft.title.strip(),
        draft.text.strip(),
        draft.usual_time.strip(),
        draft.area.strip(),
        draft.minutes,
        draft.places,
        posted_at,
        expires_at,
    )
    return made


async def one(post_id: UUID, now: datetime) -> Post:
    """Raises NotFound. Locks nothing."""
    found = await sql.row(f"{SELECT} WHERE p.id = $2", now, post_id)
    if found is None:
        raise NotFound(what="post")
    return Post(**dict(found))


async def locked(post_id: UUID, now: datetime) -> Post:
    """The same, with its row locked: whoever takes or ends it comes one after the other. Raises NotFound."""
    # Two who take the last place at once: the second waits here and counts afterwards.
    await sql.rows("SELECT FROM neighbour_post WHERE id = $1 FOR NO KEY UPDATE", post_id)
    return await one(post_id, now)


async def find(
    community_ids: list[UUID], reader_id: UUID, search: Search, now: datetime, limit: int, before: UUID | None = None
) -> list[Post]:
    """What the reader can answer, newest first; with `before`, those older than that post."""
    wanted = (search.kind, search.category, search.words.strip())
    return [Post(**dict(row)) for row in await sql.rows(FOUND, now, community_ids, reader_id, *wanted, before, limit)]


async def of_member(member_id: UUID, now: datetime, at_most: int = 50) -> list[Post]:
    """One's own, open and over, newest first."""
    found = await sql.rows(f"{SELECT} WHERE p.member_id = $2 ORDER BY p.posted_at DESC, p.id LIMIT $3", now, member_id, at_most)
    return [Post(**dict(row)) for row in found]


async def of_communities(node_ids: list[UUID], now: datetime, at_most: int = 200) -> list[Watched]:
    """Those that stand at these nodes or below, for staff: reported ones first, then the newest."""
    found = await sql.rows(
        f"SELECT f.*, r.reports FROM ({SELECT} JOIN community c ON c.id = p.community_id "
        "WHERE c.ancestor_ids && $2::uuid[] AND p.state = 'open' AND p.expires_at > $1) f "
        "CROSS JOIN LATERAL "
        "(SELECT count(*) AS reports FROM neighbour_report n WHERE n.post_id = f.id AND n.seen_at IS NULL) r "
        "ORDER BY (r.reports > 0) DESC, f.posted_at DESC, f.id LIMIT $3",
        now,
        node_ids,
        at_most,
    )
    return [Watched(**dict(row)) for row in found]


async def end(post_id: UUID, state: Literal["closed", "taken_down"], by: UUID, now: datetime, reason: str = "") -> None:
    """Nobody can answer it from now on. The caller holds its row."""
    await sql.rows(
        "UPDATE neighbour_post SET state = $2, ended_at = $3, ended_by = $4, reason = $5 WHERE id = $1 AND state = 'open'",
        post_id,
        state,
        now,
        by,
        reason,
    )


async def report(post_id: UUID, member_id: UUID, reason: str, now: datetime) -> bool:
    """Whether it is the member's first report of this post: the first one stands. Safe to repeat."""
    return bool(
        await sql.rows(
            "INSERT INTO neighbour_report (post_id, member_id, reason, reported_at) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT DO NOTHING RETURNING 1",
            post_id,
            member_id,
            reason,
            now,
        )
    )


async def reports_of(post_id: UUID) -> list[Report]:
    """What was said of it and nobody has looked at."""
    found = await sql.rows(
        "SELECT m.name, r.reason, r.reported_at FROM neighbour_report r JOIN member m ON m.id = r.member_id "
        "WHERE r.post_id = $1 AND r.seen_at IS NULL ORDER BY r.reported_at",
        post_id,
    )
    return [Report(**dict(row)) for row in found]


async def mark_seen(post_id: UUID, by: UUID, now: datetime) -> int:
    """Somebody has looked at what was said of it; how many reports. Safe to repeat."""
    return len(
        await sql.rows(
            "UPDATE neighbour_report SET seen_at = $2, seen_by = $3 WHERE post_id = $1 AND seen_at IS NULL RETURNING 1",
            post_id,
            now,
            by,
        )
    )


async def count_open(node_ids: list[UUID]) -> int:
    """Posts that were reported, and exchanges that wait for a mediator, at these nodes and below."""
    return int(
        await sql.value(
            "SELECT (SELECT count(DISTINCT r.post_id) FROM neighbour_report r JOIN neighbour_post p ON p.id = r.post_id "
            "JOIN community c ON c.id = p.community_id WHERE r.seen_at IS NULL AND c.ancestor_ids && $1::uuid[]) "
            "+ (SELECT count(*) FROM exchange x JOIN neighbour_post p ON p.id = x.post_id "
            "JOIN community c ON c.id = p.community_id WHERE x.state = 'mediation' AND c.ancestor_ids && $1::uuid[])",
            node_ids,
        )
    )
