"""Activities ahead that show what an organiser can arrange: a series, a line with an open offer, requests, a place by skill."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from schedules import sql
from schedules.intervals import Interval
from schedules.line_rules import LineRules
from schedules.needs import Needs, RoleNeeds
from schedules.plans import RolePlan
from schedules.series import Template
from timebank.actions.activities.call_off import call_off_session
from timebank.actions.activities.change_line_rules import change_line_rules
from timebank.actions.activities.keep_needs import keep_needs
from timebank.actions.activities.plan_series import plan_series
from timebank.actions.rooms.keep_spaces import close_space
from timebank.actions.signups.sign_up import sign_up
from timebank.actions.signups.withdraw import withdraw
from timebank.communities import partners
from timebank.demo import moving_in, notices
from timebank.demo.diary import Event
from timebank.demo.moving_in import acting
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.neighbours import Neighbours
from timebank.demo.notices import Notice
from timebank.demo.occasions import Occasion, Task, Words
from timebank.people.callers import Caller

DAY = timedelta(days=1)
TAI_CHI = Occasion(
    kind="class",
    title=Words("每周太极晚课", "Tai chi, every week"),
    content=Words("二十四式，从头教起，穿平底鞋。", "The twenty-four forms from the beginning; flat shoes."),
    at="19:00",
    minutes=60,
    tasks=(Task("学员", "Learner", 20),),
)
DUMPLINGS = Occasion(
    title=Words("给独居老人包饺子", "Dumplings for people who live alone"),
    content=Words("和面、拌馅、包好，中午前送到老人家里。", "Dough, filling, folding; brought to the doors before noon."),
    place=Words("社区食堂", "The community canteen"),
    at="08:30",
    minutes=150,
    tasks=(Task("包饺子", "Cook", 3),),
    category="care",
    risks=Words("厨房地滑，刀具、热锅小心；不舒服请马上说。", "Slippery floor, knives, hot pans; speak up if you feel unwell."),
)
PHONES = Occasion(
    kind="class",
    title=Words("手机摄影小班", "Taking pictures with a phone, a small class"),
    content=Words("六个人一班，边走边拍；组织者按报名情况定人。", "Six people, outdoors; the organiser decides who comes."),
    place=Words("荷塘边", "By the lotus pond"),
    at="14:30",
    minutes=90,
    tasks=(Task("学员", "Learner", 6),),
)
HEALTH = Occasion(
    title=Words("健康日急救值守", "First aid on health day"),
    content=Words("健康日当天在现场守急救点，陪老人量血压。", "At the first-aid point, and beside those who wait."),
    place=Words("中心花园", "The central garden"),
    at="09:00",
    minutes=180,
    tasks=(Task("急救员", "First-aider", 2), Task("引导员", "Guide", 4)),
    category="health",
    risks=Words("久站；带水和帽子。", "Long standing; bring water and a hat."),
)


async def arrange(drawn: Neighbourhood, by: Caller, neighbours: Neighbours, room_id: UUID, first_aid: UUID) -> None:
    """All of them, run by the organiser of the cast; the series is in this room."""
    await _weekly(drawn, by, neighbours, room_id)
    await _full(drawn, by, neighbours)
    await _asked_for(drawn, by, neighbours)
    await _skilled(drawn, by, neighbours, first_aid)


async def _put_up(drawn: Neighbourhood, by: Caller, occasion: Occasion, start: datetime, room_id: UUID | None = None) -> Notice:
    event = Event(occasion, drawn.tree.communities[0], None, [start])
    unit = notices.unit_of(event.community, drawn.teams[0].name)
    return await notices.put_up(event, by, unit, room_id, drawn.now - 3 * DAY)


async def _weekly(drawn: Neighbourhood, by: Caller, neighbours: Neighbours, room_id: UUID) -> None:
    """Eight weeks ahead: on the second date the teacher is away, on the third the room is closed."""
    first = neighbours.today + 2 * DAY
    while not await _is_free(drawn, room_id, _starts(drawn, first)):
        first += DAY
    starts = _starts(drawn, first)
    shut = Interval(starts[2] - timedelta(hours=1), starts[2] + timedelta(hours=2))
    await close_space(moving_in.coordinator(drawn), room_id, shut, "消防设备检修", "around", drawn.now - 3 * DAY)
    notice = await _put_up(drawn, by, TAI_CHI, starts[0], room_id)
    wanted = Template(
        rule="FREQ=WEEKLY",
        first_on=first,
        starts=time(TAI_CHI.hour),
        ends=time(TAI_CHI.hour + 1),
        space_id=room_id,
        place="大门口广场 · The square by the gate",
        roles=tuple(RolePlan(name=task.zh, name_en=task.en, places=task.places) for task in TAI_CHI.tasks),
    )
    await plan_series(by, notice.activity_id, wanted, drawn.now - 2 * DAY)
    for each in neighbours.take(first, 7):
        await sign_up(acting(each), notice.session_ids[0], drawn.now - DAY)
    second = "SELECT id FROM session WHERE activity_id = $1 AND starts_at = $2"
    away = await sql.value(second, notice.activity_id, starts[1])
    await call_off_session(by, away, "老师外出，停一次课。", drawn.now - DAY)


def _starts(drawn: Neighbourhood, first: date) -> list[datetime]:
    return [datetime.combine(first + n * 7 * DAY, time(TAI_CHI.hour), drawn.zone) for n in range(3)]


async def _is_free(drawn: Neighbourhood, room_id: UUID, starts: list[datetime]) -> bool:
    """Whether nobody has the room then, nor an hour before or after."""
    return not await sql.value(
        "SELECT EXISTS (SELECT FROM unnest($1::timestamptz[]) AS at, space s, LATERAL occupied(ARRAY[s.key], "
        "tstzrange(at - interval '1 hour', at + interval '2 hours'), $3) WHERE s.id = $2)",
        starts,
        room_id,
        drawn.now,
    )


async def _full(drawn: Neighbourhood, by: Caller, neighbours: Neighbours) -> None:
    """Three places, four in line; one of the three gives the place back, and it is offered to the volunteer of the cast."""
    volunteer = drawn.cast["volunteer"]
    day = neighbours.day_of(volunteer, 4)
    notice = await _put_up(drawn, by, DUMPLINGS, datetime.combine(day, time(DUMPLINGS.hour, DUMPLINGS.minute), drawn.zone))
    session_id, at = notice.session_ids[0], drawn.now - 2 * DAY
    helpers = neighbours.take(day, 6)
    places = [await sign_up(acting(each), session_id, at) for each in helpers[:3]]
    for number, each in enumerate([volunteer, *helpers[3:]], 1):
        await sign_up(acting(each), session_id, at + timedelta(hours=number), waits=True)
    rules = LineRules(has_waiting_list=True, needs_approval=False, offer_minutes=2 * 1440)
    await change_line_rules(by, notice.activity_id, rules, drawn.now - DAY)
    await withdraw(acting(helpers[0]), places[0].signup_id, drawn.now - timedelta(minutes=30), "孙子放学要接")


async def _asked_for(drawn: Neighbourhood, by: Caller, neighbours: Neighbours) -> None:
    """An organiser decides: the resident of the cast and two others have asked."""
    resident = drawn.cast["resident"]
    day = neighbours.day_of(resident, 6)
    notice = await _put_up(drawn, by, PHONES, datetime.combine(day, time(PHONES.hour, PHONES.minute), drawn.zone))
    rules = LineRules(has_waiting_list=True, needs_approval=True, counts_requests=True)
    await change_line_rules(by, notice.activity_id, rules, drawn.now - 2 * DAY)
    for number, each in enumerate([resident, *neighbours.take(day, 2)], 1):
        await sign_up(acting(each), notice.session_ids[0], drawn.now - timedelta(hours=5 * number))


async def _skilled(drawn: Neighbourhood, by: Caller, neighbours: Neighbours, first_aid: UUID) -> None:
    """One of two roles needs first aid; a health centre hosts with the community."""
    hosts = [host for host in await partners.known_at([drawn.tree.top.id]) if host.kind == "clinic"]
    day = neighbours.today + 9 * DAY
    notice = await _put_up(drawn, by, HEALTH, datetime.combine(day, time(HEALTH.hour), drawn.zone))
    wanted = Needs(
        roles=(RoleNeeds(role=HEALTH.tasks[0].zh, skill_ids=(first_aid,), is_lead=True),),
        minimum=3,
        warn_before=2 * 1440,
        partner_ids=tuple(host.id for host in hosts[:1]),
    )
    await keep_needs(by, notice.activity_id, wanted, drawn.now - DAY)
    for each in neighbours.take(day, 2):
        await sign_up(acting(each), notice.session_ids[0], drawn.now - timedelta(hours=8), notice.role_ids[0][1])
