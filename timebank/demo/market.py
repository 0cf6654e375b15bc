"""A service at two gates whose desks had no network for two hours: what the pages about the door have to show."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from schedules import sql
from timebank.actions.community.devices import NewDevice, make_pairing_code, pair_device, register_device
from timebank.actions.door.check_in_by_name import ByName, check_in_by_name
from timebank.actions.door.walk_in import WalkIn, walk_in
from timebank.actions.hours.leave_early import leave_early
from timebank.actions.hours.no_shows import object_to_no_show
from timebank.actions.people.cards import issue_pass, replace_pass
from timebank.actions.people.pass_keys import add_key
from timebank.actions.signups.sign_up import sign_up
from timebank.actions.uploads.undo import undo
from timebank.actions.uploads.upload import upload
from timebank.database import transaction
from timebank.demo import moving_in, notices
from timebank.demo.diary import Event
from timebank.demo.gates import Gates
from timebank.demo.moving_in import acting
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.neighbours import Neighbours
from timebank.demo.occasions import Occasion, Task, Words
from timebank.demo.residents import Resident
from timebank.outbox import intents
from timebank.people import passes
from timebank.people.callers import Caller

MARKET = Occasion(
    title=Words("旧物交换市集值守", "Helping at the swap market"),
    content=Words("摆桌子、登记旧物、给邻居指路。", "Tables, a list of what was brought, and showing people around."),
    place=Words("中心花园东西两门", "The central garden, east and west gate"),
    at="09:30",
    minutes=120,
    tasks=(Task("值守员", "Helper", 14),),
    category="environment",
    risks=Words("搬桌子两人一组；天热多喝水。", "Two people to a table; drink enough when it is hot."),
    walk_ins=True,
    confirms_self=True,
)
DESKS = (Words("东门签到台", "East gate desk"), Words("西门签到台", "West gate desk"))
SIGNED_UP = 10
"""One more comes without a sign-up."""


class Market:
    """Yesterday morning. Everybody is one story, told by number."""

    def __init__(self, by: Caller, gates: Gates, people: list[Resident], lost: str) -> None:
        """`lost` is the old card of the fifth, who found it again."""
        self.by, self.gates, self.people, self.lost = by, gates, people, lost

    async def take_place(self) -> None:
        """Until half past nine with a network, then without; the queues arrive at noon, the west one first."""
        signups = await self._sign_up()
        await self._arrive()
        await self._go_wrong()
        named = ByName(signup_id=signups[7], direction="in", nonce=str(uuid4()))
        await check_in_by_name(self.by, named, self.gates.clock("09:44"))
        await self._leave()
        await self._upload()

    async def _sign_up(self) -> list[UUID]:
        before = self.gates.starts_at - timedelta(days=2)
        return [(await sign_up(acting(each), self.gates.session_id, before)).signup_id for each in self.people[:SIGNED_UP]]

    async def _arrive(self) -> None:
        """Two by card, three with one phone, and one who had not signed up."""
        gates, people = self.gates, self.people
        await gates.pass_by(gates.east, gates.cards[people[9].id], "09:19")
        await gates.pass_by(gates.east, gates.cards[people[0].id], "09:21")
        for number, wall in ((1, "09:22"), (2, "09:23"), (3, "09:24")):
            await gates.pass_by_phone(people[number], "the phone of one of them", wall)
        comes = WalkIn(session_id=gates.session_id, code=gates.cards[people[10].id], nonce=str(uuid4()))
        await walk_in(gates.east, comes, gates.clock("09:25"))

    async def _go_wrong(self) -> None:
        """An old card, let in on the organiser's word; a card that is damaged; somebody let in by mistake, and undone."""
        gates, people = self.gates, self.people
        await gates.pass_by(gates.east, self.lost, "09:26")
        await gates.pass_by(self.by, self.lost, "09:27", because="旧卡，本人在场，认得")
        held = gates.cards[people[6].id]
        await gates.pass_by(gates.east, f"{held[:-9]}{'A' if held[-9] != 'A' else 'B'}{held[-8:]}", "09:27:30")
        slip = str(uuid4())
        await gates.pass_by(gates.east, gates.cards[people[8].id], "09:28", nonce=slip)
        await undo(gates.east, slip, str(uuid4()), gates.clock("09:29"))

    async def _leave(self) -> None:
        """One goes early, two by phone; the third of the phone forgets."""
        gates, people = self.gates, self.people
        stay = await sql.value(
            "SELECT id FROM attendance WHERE session_id = $1 AND person_id = $2", gates.session_id, people[0].id
        )
        await leave_early(self.by, stay, "家里老人不舒服，先走", gates.clock("10:40"))
        for number, wall in ((1, "11:31"), (2, "11:32")):
            await gates.pass_by_phone(people[number], "the phone of one of them", wall, "out")

    async def _upload(self) -> None:
        """One was at both gates within seconds, one was turned away by a desk whose list was old."""
        gates, people = self.gates, self.people
        twice, plain, late, away, forced, walked = (people[number] for number in (5, 6, 9, 7, 4, 10))
        west = [
            gates.noted(away, "09:41", said="not_signed_up_here"),
            gates.noted(twice, "10:02:16"),
            gates.noted(plain, "10:05"),
            gates.noted(plain, "11:20", "out"),
            gates.noted(late, "11:30", "out"),
            gates.noted(forced, "11:33", "out"),
        ]
        east = [gates.noted(twice, "10:02:10"), gates.noted(twice, "11:31", "out"), gates.noted(walked, "11:34", "out")]
        for desk, queue, wall in ((gates.west, west, "12:05"), (gates.east, east, "12:10")):
            await self._send(desk, queue, gates.clock(wall))

    async def _send(self, desk: Caller, queue: list[dict[str, Any]], at: datetime) -> None:
        failed = {result.code for result in await upload(desk, at, queue, at)} & {"busy", "malformed", "refused", "not_allowed"}
        if failed:
            raise RuntimeError(f"the demo's desks could not upload: {sorted(failed)}")
        async with transaction():
            for row in await sql.rows("SELECT id FROM intent WHERE state <> 'done'"):
                await intents.keep(row["id"], at + timedelta(seconds=1))

    async def object(self, now: datetime) -> None:
        """Whose way in was undone was there all the time."""
        missed = await sql.value(
            "SELECT id FROM no_show WHERE session_id = $1 AND person_id = $2", self.gates.session_id, self.people[8].id
        )
        text = "我九点半就到了，一直在西门摆桌子。 · I came at half past nine and stood at the west gate all the time."
        await object_to_no_show(acting(self.people[8]), missed, text, now)


async def set_up(drawn: Neighbourhood, neighbours: Neighbours, by: Caller) -> Market:
    """The session, its two desks, a new key of the passes and the cards that are signed with it."""
    staff, node = moving_in.coordinator(drawn), drawn.tree.communities[0]
    day = neighbours.today - timedelta(days=1)
    start = datetime.combine(day, time(9, 30), drawn.zone)
    before = start - timedelta(days=6)
    unit = notices.unit_of(node, drawn.teams[0].name)
    notice = await notices.put_up(Event(MARKET, node, None, [start]), by, unit, None, before)
    await add_key(staff, before)
    people = neighbours.take(day, SIGNED_UP + 1)
    for each in people:
        await issue_pass(staff, each.id, before)
    lost = (await _card(people[4])).text
    await replace_pass(staff, people[4].id, start - timedelta(days=1))
    cards = {each.id: (await _card(each)).text for each in people}
    east, west = [await _desk(staff, name, node.id, before) for name in DESKS]
    gates = Gates(notice.activity_id, notice.session_ids[0], east, west, cards, start)
    return Market(by, gates, people, lost)


async def _card(person: Resident) -> passes.Pass:
    held = await passes.current(person.id)
    assert held is not None, person.name  # noqa: S101  it was issued a line above
    return held


async def _desk(staff: Caller, name: Words, node_id: UUID, at: datetime) -> Caller:
    made = await register_device(staff, NewDevice("desk", name.zh, node_id, name_en=name.en), at)
    code = (await make_pairing_code(staff, made, at)).code
    await pair_device(code, "192.0.2.1", at)
    return Caller(device_id=made, device_kind="desk", device_community_id=node_id)
