"""The named answers to "may I sign up?", in their order. Pure: no database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
import pytest

from schedules import answers
from schedules.answers import Name
from schedules.session_roles import Need, Role
from schedules.sessions import Clash, Own, Session

START = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def role(places: int | None = 10, taken: int = 0) -> Role:
    return Role(uuid4(), "歌手", "Singer", places, taken)


def lacking(standing: Literal["missing", "claimed", "expired"]) -> Role:
    """A role that is full and needs a skill to which the person stands like this."""
    need = Need(uuid4(), "急救", "First aid", "", "", standing, START.date())
    return msgspec.structs.replace(role(places=0), needs=(need,))


def a_session(**changes: Any) -> Session:
    """A choir from 18:00 to 19:30 in Shanghai, open to everybody until it ends, with a grace of 15 minutes."""
    whole = Session(
        id=uuid4(), activity_id=uuid4(), number=1, community_id=uuid4(), organiser_id=uuid4(), space_id=None,
        title="合唱", title_en="Choir", kind="service", is_service=True, activity_state="published", state="planned",
        time_zone="Asia/Shanghai", starts_at=START, ends_at=START + 1.5 * HOUR, skipped_start=None,
        opens_at=START, closes_at=START + 2 * HOUR, place="Yard", place_en="", call_off_reason="",
        sequence=0, made_at=START, changed_at=START,
        signup_before=None, signup_after=None, withdraw_before=0, grace=15, roles=(role(),),
    )  # fmt: skip
    return msgspec.structs.replace(whole, **changes)


def clash(starts_at: datetime, ends_at: datetime) -> Clash:
    return Clash(uuid4(), uuid4(), "巡逻", "Patrol", starts_at, ends_at)


def own(state: str) -> Own:
    return Own(uuid4(), uuid4(), state, START, 0)


def name(session: Session, now: datetime = START - HOUR, role_id: UUID | None = None, is_blocked: bool = False) -> Name:
    return answers.answer(session, now, is_blocked=is_blocked, role_id=role_id).name


EVERYTHING: dict[str, Any] = {
    "state": "cancelled",
    "own": own("confirmed"),
    "signup_after": 0,
    "clash": clash(START, START + HOUR),
    "signup_before": 0,
    "roles": (lacking("missing"),),
}
"""Every reason at once, in the order of the table; taken away one by one, the next answers."""
ORDER = [
    ("state", "planned", Name.ACTIVITY_CANCELLED),
    ("own", None, Name.SIGNED_UP),
    ("signup_after", None, Name.ENDED),
    ("blocked", None, Name.BLOCKED),
    ("roles", (lacking("expired"),), Name.ROLE_MISSING),
    ("roles", (msgspec.structs.replace(role(places=1), is_kept=True),), Name.QUALIFICATION_MISSING),
    ("clash", None, Name.COLLIDES),
    ("signup_before", None, Name.NOT_YET),
    ("roles", (role(places=0),), Name.EXPERIENCE_NEEDED),
    ("roles", (role(),), Name.FULL),
]


def test_the_first_line_that_fits_wins() -> None:
    session, is_blocked = a_session(**EVERYTHING), True
    for field, mended, expected in ORDER:
        now = START if expected in (Name.ACTIVITY_CANCELLED, Name.SIGNED_UP, Name.ENDED) else START - HOUR
        assert name(session, now, is_blocked=is_blocked) is expected
        if field == "blocked":
            is_blocked = False
        else:
            session = msgspec.structs.replace(session, **{field: mended})
    assert name(session) is Name.FREE


@pytest.mark.parametrize(
    ("state", "expected"),
    [("confirmed", Name.SIGNED_UP), ("requested", Name.REQUESTED), ("waiting", Name.WAITING), ("offered", Name.OFFERED)],
)
def test_the_members_own_state_answers(state: str, expected: Name) -> None:
    assert name(a_session(own=own(state))) is expected


@pytest.mark.parametrize("state", ["withdrawn", "cancelled"])
def test_who_left_may_sign_up_again(state: str) -> None:
    assert name(a_session(own=own(state))) is Name.FREE


def test_a_cancelled_activity_answers_for_its_sessions_to_come() -> None:
    assert name(a_session(activity_state="cancelled")) is Name.ACTIVITY_CANCELLED
    assert name(a_session(activity_state="cancelled", state="closed"), START + 2 * HOUR) is Name.ENDED


@pytest.mark.scenario("schedule-21")
def test_no_capacity_is_unlimited_and_zero_is_none() -> None:
    assert name(a_session(roles=(role(places=None, taken=5000),))) is Name.FREE
    assert name(a_session(roles=(role(places=0),))) is Name.FULL


def test_one_full_role_leaves_the_others_open() -> None:
    full, free = role(places=1, taken=1), role(places=1)
    session = a_session(roles=(full, free))
    assert name(session) is Name.FREE
    assert name(session, role_id=full.id) is Name.FULL
    assert name(session, role_id=free.id) is Name.FREE


@pytest.mark.scenario("schedule-27")
def test_room_in_a_place_that_needs_a_skill_is_no_room_for_others() -> None:
    closed = msgspec.structs.replace(lacking("missing"), places=5)
    session = a_session(roles=(closed, role(places=1, taken=1)))
    assert (name(session), name(session, role_id=closed.id)) == (Name.FULL, Name.ROLE_MISSING)


@pytest.mark.scenario("schedule-34")
def test_sign_up_opens_at_that_very_second() -> None:
    session = a_session(signup_before=24 * 60)
    early = answers.answer(session, START - 24 * HOUR - timedelta(seconds=1))
    assert (early.name, early.at) == (Name.NOT_YET, START - 24 * HOUR)
    assert name(session, START - 24 * HOUR) is Name.FREE


@pytest.mark.scenario("schedule-35")
def test_sign_up_ends_after_its_allowance() -> None:
    session = a_session(signup_after=10)
    assert name(session, START + timedelta(minutes=9, seconds=59)) is Name.FREE
    late = answers.answer(session, START + timedelta(minutes=10))
    assert (late.name, late.at) == (Name.ENDED, START + timedelta(minutes=10))


@pytest.mark.scenario("schedule-36")
def test_without_an_allowance_one_may_join_to_the_end() -> None:
    assert name(a_session(), START + 1.5 * HOUR - timedelta(seconds=1)) is Name.FREE
    assert name(a_session(), START + 1.5 * HOUR) is Name.ENDED


@pytest.mark.scenario("schedule-37")
def test_the_window_opens_24_real_hours_before_also_when_the_clocks_change() -> None:
    start = datetime(2027, 3, 28, 16, 0, tzinfo=UTC)  # 18:00 in Berlin on the day the clocks go forward
    session = a_session(starts_at=start, ends_at=start + HOUR, time_zone="Europe/Berlin", signup_before=24 * 60)
    assert session.signup_opens_at == datetime(2027, 3, 27, 16, 0, tzinfo=UTC)  # 17:00 on the wall


@pytest.mark.scenario("schedule-45", "schedule-46", "schedule-47")
@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(16, Name.COLLIDES), (15, Name.TIGHT), (1, Name.TIGHT), (0, Name.TIGHT), (-14, Name.TIGHT), (-15, Name.FREE)],
)
def test_overlap_is_judged_by_the_grace(minutes: int, expected: Name) -> None:
    other = clash(START - HOUR, START + timedelta(minutes=minutes))
    found = answers.answer(a_session(clash=other), START - 2 * HOUR)
    assert found.name is expected
    assert found.clash == (None if expected is Name.FREE else other)


@pytest.mark.scenario("schedule-47")
def test_without_a_grace_neighbours_are_simply_free() -> None:
    assert name(a_session(grace=0, clash=clash(START - HOUR, START))) is Name.FREE
    assert name(a_session(grace=0, clash=clash(START - HOUR, START + timedelta(minutes=1)))) is Name.COLLIDES


@pytest.mark.scenario("schedule-52")
def test_in_the_doubled_hour_instants_decide() -> None:
    """Two sessions, both 02:10 to 02:50 on the clock face in Berlin, an hour apart."""
    first = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    length = timedelta(minutes=40)
    session = a_session(starts_at=second, ends_at=second + length, time_zone="Europe/Berlin")
    assert name(msgspec.structs.replace(session, clash=clash(first, first + length)), first - HOUR) is Name.FREE
    assert name(msgspec.structs.replace(session, clash=clash(second, second + length)), first - HOUR) is Name.COLLIDES


def test_every_refusing_answer_has_a_refusal_and_every_open_one_none() -> None:
    session = a_session(own=own("confirmed"))
    for each in Name:
        found = answers.Answer(each, at=START, clash=clash(START, START + HOUR) if each is Name.COLLIDES else None)
        assert (answers.refusal(found, session, uuid4()) is None) == (each in answers.OPEN | answers.OF_THE_CALLER)
