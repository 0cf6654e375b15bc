"""Sessions: the dated occurrences of activities, as anybody may see them or as they stand to one person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound
from schedules.session_roles import Role


class Own(msgspec.Struct, frozen=True):
    """A person's own sign-up at the session."""

    id: UUID
    role_id: UUID
    state: str
    changed_at: datetime
    sequence: int
    position: int | None = None
    """The place in line of who waits: 1 is next."""
    offered_until: datetime | None = None
    request_holds: bool = False
    """The request holds a place until it is decided."""
    reason: str = ""
    """Why it was rejected or taken back."""

    def is_offered(self, now: datetime) -> bool:
        """A place is held for the person; from the second on which the offer runs out it no longer is (schedule-56)."""
        return self.state == "offered" and (self.offered_until is None or now < self.offered_until)


class Clash(msgspec.Struct, frozen=True):
    """The other session of the same person that lies nearest."""

    session_id: UUID
    activity_id: UUID
    title: str
    title_en: str
    starts_at: datetime
    ends_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One dated occurrence: what its activity says about it, its roles, and how it stands to one person (`own`, `clash`)."""

    id: UUID
    activity_id: UUID
    number: int
    community_id: UUID
    organiser_id: UUID
    title: str
    title_en: str
    kind: str
    is_service: bool
    activity_state: str
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    skipped_start: datetime | None
    opens_at: datetime
    closes_at: datetime
    place: str
    place_en: str
    space_id: UUID | None
    state: str
    call_off_reason: str
    sequence: int
    made_at: datetime
    changed_at: datetime
    signup_before: int | None
    signup_after: int | None
    withdraw_before: int
    grace: int
    late_after: int = 15
    remind_before: int = 0
    """Minutes; 0: no reminder."""
    series_id: UUID | None = None
    original_start: datetime | None = None
    """The wall time at which its series has it, wherever it was moved."""
    own_fields: tuple[str, ...] = ()
    """What was edited for it alone (time, place, note): its series leaves that as it is."""
    wanted_space: UUID | None = None
    """The room that its series asks for and that was taken: the place is still open."""
    note: str = ""
    note_en: str = ""
    roles: tuple[Role, ...]
    own: Own | None = None
    clash: Clash | None = None
    has_waiting_list: bool = False
    needs_approval: bool = False
    counts_requests: bool = False
    asks_again: bool = False
    offer_minutes: int = 720
    minimum: int = 0
    """People the session needs; 0: none."""
    warn_before: int = 1440
    minutes_earlier: int = 0
    """Sign-up opens so much earlier for this person, as a member of a trusted group."""
    unread: int | None = None
    """The briefing that this person has to read before signing up."""

    @property
    def is_called_off(self) -> bool:
        """It will not take place. What began before its activity was called off goes on, or has been."""
        return self.state == "cancelled"

    @property
    def signup_opens_at(self) -> datetime | None:
        """Derived, never stored: it moves with the session (schedule-17). Real hours (schedule-37).

        The person's own: trusted groups have an earlier one (schedule-38).
        """
        if self.signup_before is None:
            return None
        return self.starts_at - timedelta(minutes=self.signup_before + self.minutes_earlier)

    @property
    def signup_closes_at(self) -> datetime:
        return (
            self.ends_at
            if self.signup_after is None
            else min(self.ends_at, self.starts_at + timedelta(minutes=self.signup_after))
        )

    @property
    def withdraw_until(self) -> datetime:
        """Until then a member withdraws alone; afterwards the organiser has to."""
        return self.starts_at - timedelta(minutes=self.withdraw_before)

    def request_lapses_at(self, asked_at: datetime) -> datetime:
        """A request that nobody decides lapses with the start, one made while the session runs with the end of sign-up."""
        return self.starts_at if asked_at < self.starts_at else self.signup_closes_at

    @property
    def late_from(self) -> datetime:
        """Who comes after this is late."""
        return self.starts_at + timedelta(minutes=self.late_after)

    @property
    def reminds_at(self) -> datetime | None:
        """When those who come are reminded."""
        return self.starts_at - timedelta(minutes=self.remind_before) if self.remind_before else None

    @property
    def minutes(self) -> int:
        """Planned length in real minutes, also across a clock change (schedule-5)."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    @property
    def taken(self) -> int:
        return sum(role.taken for role in self.roles)

    def role(self, role_id: UUID) -> Role:
        """Raises NotFound for a role of another session."""
        for role in self.roles:
            if role.id == role_id:
                return role
        raise NotFound(what="role")


# $1 is the person; without one there is no own sign-up and no clash.
SEEN = """
SELECT s.id, s.activity_id, a.number, a.community_id, a.organiser_id, a.title, a.title_en, a.kind, a.is_service,
       a.state AS activity_state, a.time_zone, s.starts_at, s.ends_at, s.skipped_start, s.opens_at, s.closes_at,
       s.place, coalesce(p.name_en, '') AS place_en, s.space_id, s.state, s.call_off_reason, s.sequence, a.made_at,
       s.changed_at, a.signup_before, a.signup_after, a.withdraw_before, a.grace, a.late_after,
       a.remind_before,
       s.series_id, s.original_start, s.own_fields, s.wanted_space, s.note, s.note_en,
       a.has_waiting_list, a.needs_approval, a.counts_requests, a.asks_again, a.offer_minutes,
       coalesce(r.roles, '[]') AS roles, own.own, clash.clash, a.minimum, a.warn_before,
       CASE WHEN a.signup_before IS NULL OR $1::uuid IS NULL THEN 0 ELSE coalesce((
            SELECT max(g.minutes_earlier)
              FROM activity_group ag JOIN trusted_group g ON g.id = ag.group_id AND g.ended_at IS NULL
              JOIN trusted_person t ON t.group_id = g.id AND t.person_id = $1::uuid
             WHERE ag.activity_id = a.id), 0) END AS minutes_earlier,
       CASE WHEN a.briefing_id IS NOT NULL AND $1::uuid IS NOT NULL AND NOT EXISTS (
            SELECT FROM acknowledgement k WHERE k.briefing_id = a.briefing_id AND k.person_id = $1::uuid)
            THEN a.briefing_id END AS unread
  FROM session s
  JOIN activity a ON a.id = s.activity_id
  LEFT JOIN space p ON p.id = s.space_id
  LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object(
                  'id', x.id, 'name', x.name, 'name_en', x.name_en, 'places', x.places, 'taken', x.taken,
                  'waiting', (SELECT count(*) FROM signup w WHERE w.role_id = x.id AND w.state = 'waiting'),
                  'requests', (SELECT count(*) FROM signup w WHERE w.role_id = x.id AND w.state = 'requested'),
                  'offers', (SELECT coalesce(json_agg(w.offered_until), '[]') FROM signup w
                              WHERE w.role_id = x.id AND w.state = 'offered'),
                  'is_lead', coalesce(q.is_lead, false),
                  'is_kept', CASE WHEN q.keeps_experienced AND $1::uuid IS NOT NULL THEN
                       NOT is_experienced($1::uuid, a.id, s.starts_at)
                       AND NOT EXISTS (SELECT FROM signup w WHERE w.session_id = s.id AND w.state = 'confirmed'
                                          AND is_experienced(w.person_id, a.id, s.starts_at)) ELSE false END,
                  'needs', CASE WHEN q.role IS NULL THEN '[]'::json ELSE coalesce((
                       SELECT json_agg(json_build_object(
                                  'skill_id', k.id, 'name', k.name, 'name_en', k.name_en, 'way', k.way, 'way_en', k.way_en,
                                  'valid_until', h.valid_until,
                                  'standing', CASE WHEN $1::uuid IS NOT NULL THEN skill_standing(
                                      h.state, h.valid_until, k.needs_confirmation, last_day(s.ends_at, a.time_zone)) END)
                              ORDER BY k.name)
                         FROM role_need n JOIN skill k ON k.id = n.skill_id
                         LEFT JOIN held_skill h ON h.skill_id = k.id AND h.person_id = $1::uuid
                        WHERE n.activity_id = a.id AND n.role = x.name), '[]'::json) END)
                  ORDER BY x.position, x.name) AS roles
         FROM session_role x LEFT JOIN role_rule q ON q.activity_id = a.id AND q.role = x.name
        WHERE x.session_id = s.id) r ON true
  LEFT JOIN LATERAL (
       SELECT json_build_object('id', u.id, 'role_id', u.role_id, 'state', u.state, 'changed_at', u.changed_at,
                                'sequence', u.sequence, 'offered_until', u.offered_until, 'request_holds', u.request_holds,
                                'position', CASE WHEN u.state = 'waiting' THEN position_in_line(u.role_id, u.line) END,
                                'reason', CASE WHEN u.state IN ('rejected', 'cancelled') THEN (
                                     SELECT c.reason FROM signup_change c WHERE c.signup_id = u.id ORDER BY c.id DESC LIMIT 1)
                                     ELSE '' END) AS own
         FROM signup u WHERE u.session_id = s.id AND u.person_id = $1::uuid) own ON true
  LEFT JOIN LATERAL (
       SELECT json_build_object('session_id', o.id, 'activity_id', b.id, 'title', b.title, 'title_en', b.title_en,
                                'starts_at', o.starts_at, 'ends_at', o.ends_at) AS clash
         FROM signup x JOIN session o ON o.id = x.session_id JOIN activity b ON b.id = o.activity_id
        WHERE x.person_id = $1::uuid AND x.state = 'confirmed' AND o.id <> s.id AND o.state <> 'cancelled'
          AND o.starts_at < s.ends_at + make_interval(mins => a.grace)
          AND o.ends_at > s.starts_at - make_interval(mins => a.grace)
        ORDER BY least(o.ends_at, s.ends_at) - greatest(o.starts_at, s.starts_at) DESC, o.starts_at, o.id
        LIMIT 1) clash ON true
"""


def of_row(row: Any) -> Session:
    """One row of SEEN."""
    fields = dict(row.items())
    fields["roles"] = msgspec.json.decode(fields["roles"], type=tuple[Role, ...])
    fields["own_fields"] = tuple(fields["own_fields"])
    fields["own"] = msgspec.json.decode(fields["own"], type=Own) if fields["own"] else None
    fields["clash"] = msgspec.json.decode(fields["clash"], type=Clash) if fields["clash"] else None
    return Session(**fields)


async def one(session_id: UUID, person_id: UUID | None = None) -> Session:
    """The session, drafts included, as it stands to this person. Raises NotFound."""
    row = await sql.row(f"{SEEN} WHERE s.id = $2", person_id, session_id)
    if row is None:
        raise NotFound(what="session")
    return of_row(row)


async def of_activity(activity_id: UUID, person_id: UUID | None = None) -> list[Session]:
    """All sessions of an activity, by time; without those that a change of their series dropped."""
    found = await sql.rows(
        f"{SEEN} WHERE s.activity_id = $2 AND NOT s.is_dropped ORDER BY s.starts_at, s.id", person_id, activity_id
    )
    return [of_row(row) for row in found]


async def of_series(series_id: UUID, ends_after: datetime) -> list[Session]:
    """Sessions of a series that are not over at `ends_after`, by time; without those that a change of it dropped."""
    found = await sql.rows(
        f"{SEEN} WHERE s.series_id = $2 AND s.ends_at > $3 AND NOT s.is_dropped ORDER BY s.starts_at, s.id",
        None,
        series_id,
        ends_after,
    )
    return [of_row(row) for row in found]


async def of_person(person_id: UUID, ends_after: datetime, limit: int) -> list[Session]:
    """Sessions at which this person has, or had, something: every state of a sign-up, by start."""
    found = await sql.rows(
        f"{SEEN} WHERE s.id IN (SELECT session_id FROM signup WHERE person_id = $1) AND s.ends_at > $2 "
        "ORDER BY s.starts_at, s.id LIMIT $3",
        person_id,
        ends_after,
        limit,
    )
    return [of_row(row) for row in found]
