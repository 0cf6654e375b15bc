"""Members, households and who may do what for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import msgspec
import pytest

from schedules import sql
from schedules.errors import NotFound
from tests import given
from tests.given import People
from timebank.actions.people.cards import print_cards
from timebank.actions.people.members import (
    Joining,
    ReasonNeeded,
    change_member,
    create_member,
    restore_member,
    see_member,
    set_password,
    set_pin,
    suspend_member,
)
from timebank.people import audit, callers, directory, households, members, passes, phones, sign_in
from timebank.people.callers import NotAllowed
from timebank.people.households import Household
from timebank.people.members import Change, GuardianNeeded, NameNeeded, NewMember, NotABirth, PhoneTaken


def joining(people: People, **fields: object) -> Joining:
    return msgspec.structs.replace(Joining(community_id=people.building, name="王秀英"), **fields)


async def test_a_member_without_a_phone_has_household_account_and_number(tx: None, people: People, now: datetime) -> None:
    made = await create_member(people.erin.caller, joining(people, door="3-201"), now)
    member = await members.one(made)
    assert (member.name, member.phone, member.household, member.community_id) == ("王秀英", None, "3-201", people.building)
    assert member.number > 0
    assert await sql.value("SELECT count(*) FROM account JOIN wallet ON account_id = id WHERE owner_id = $1", made) == 1


async def test_two_behind_one_door_share_a_household_and_two_without_a_door_do_not(
    tx: None, people: People, now: datetime
) -> None:
    made = [await create_member(people.erin.caller, joining(people, door=door), now) for door in ("3-201", "3-201", "", "")]
    homes = [(await members.one(each)).household_id for each in made]
    assert homes[0] == homes[1]
    assert len(set(homes)) == 3


@pytest.mark.parametrize(
    ("state", "counts", "reaches"), [("active", True, True), ("suspended", False, True), ("left", False, False)]
)
async def test_who_is_suspended_is_found_by_number_only_where_that_is_asked(
    tx: None, people: People, state: members.State, counts: bool, reaches: bool
) -> None:
    """Hours served before the suspension may be entered, and groups are kept; a gift or a claim names none such."""
    await members.set_state(people.bob.id, state, "said so")
    number = (await members.one(people.bob.id)).number
    assert (await members.by_number(number) == people.bob.id) == counts
    assert (await members.by_number(number, with_suspended=True) == people.bob.id) == reaches


async def test_a_number_belongs_to_one_member(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(PhoneTaken):
        await create_member(people.erin.caller, joining(people, phone="+86 199 0000 0002"), now)
    with pytest.raises(PhoneTaken):
        await change_member(people.erin.caller, people.carol.id, Change(phone=people.bob.phone), now)


async def test_under_fourteen_nothing_without_a_guardian(tx: None, people: People, now: datetime) -> None:
    """rules-19: the community's day decides."""
    with pytest.raises(NotABirth):
        await create_member(people.erin.caller, joining(people, born_on=now.date() + timedelta(days=2)), now)
    with pytest.raises(GuardianNeeded):
        await create_member(people.erin.caller, joining(people, born_on=date(2012, 11, 27)), now)
    await create_member(people.erin.caller, joining(people, born_on=date(2012, 11, 26)), now)
    late_evening = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)  # 04:00 on the 26th in Shanghai
    await create_member(people.erin.caller, joining(people, born_on=date(2012, 11, 26)), late_evening)


@pytest.mark.parametrize("name", ["", "   "])
async def test_a_member_has_a_name(tx: None, people: People, now: datetime, name: str) -> None:
    with pytest.raises(NameNeeded):
        await create_member(people.erin.caller, joining(people, name=name), now)


async def test_a_coordinator_reaches_down_and_not_sideways(tx: None, people: People, now: datetime) -> None:
    frank = await given.member("Frank", "19900000006", people.elsewhere, now, "coordinator", people.elsewhere)
    with pytest.raises(NotAllowed):
        await create_member(frank.caller, joining(people), now)
    with pytest.raises(NotAllowed):
        await see_member(frank.caller, people.bob.id)
    await create_member(frank.caller, joining(people, community_id=people.elsewhere), now)
    await see_member(people.erin.caller, frank.id)


async def test_an_organiser_manages_no_members(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        await create_member(people.alice.caller, joining(people), now)
    with pytest.raises(NotAllowed):
        await set_pin(people.alice.caller, people.bob.id, "274913", now)


async def test_acting_for_a_member_is_told_in_the_audit(tx: None, people: People, now: datetime) -> None:
    made = await create_member(people.erin.caller, joining(people), now)
    await set_pin(people.erin.caller, made, "274913", now)
    entries = await audit.about(f"member:{made}")
    assert [entry.did for entry in entries] == ["member.pin_set", "member.created"]
    assert {(entry.actor_id, entry.actor_name, entry.on_behalf_of) for entry in entries} == {(people.erin.id, "Erin", made)}


async def test_acting_for_oneself_is_not_on_behalf_of_anybody(tx: None, people: People, now: datetime) -> None:
    await set_pin(people.bob.caller, people.bob.id, "274913", now)
    assert [entry.on_behalf_of for entry in await audit.about(f"member:{people.bob.id}")] == [None]


async def test_the_audit_cannot_be_changed(tx: None, people: People, now: datetime) -> None:
    await set_pin(people.bob.caller, people.bob.id, "274913", now)
    with pytest.raises(asyncpg.PostgresError):
        await sql.rows("UPDATE audit SET action = 'nothing'")


async def test_the_audit_keeps_what_was_changed_and_not_the_number_itself(tx: None, people: People, now: datetime) -> None:
    await change_member(people.erin.caller, people.bob.id, Change(phone="13800138000", name="Robert"), now)
    entry = (await audit.about(f"member:{people.bob.id}"))[0]
    assert entry.detail == {"fields": ["name", "phone"]}
    await change_member(people.erin.caller, people.bob.id, Change(name="Robert"), now)
    assert len(await audit.about(f"member:{people.bob.id}")) == 1


async def test_a_changed_phone_signs_the_member_out_everywhere(tx: None, people: People, now: datetime) -> None:
    await change_member(people.erin.caller, people.bob.id, Change(phone=""), now)
    assert await callers.identify(people.bob.token, None, now) == callers.NOBODY
    assert (await members.one(people.bob.id)).phone is None


async def test_staff_cannot_take_over_or_silence_a_colleague_above_them(tx: None, people: People, now: datetime) -> None:
    frank = await given.member("Frank", "19900000006", people.community, now, "coordinator", people.community)
    for deed in (
        change_member(frank.caller, people.erin.id, Change(phone="13800138000"), now),
        change_member(frank.caller, people.erin.id, Change(name="Nobody"), now),
        change_member(frank.caller, people.erin.id, Change(language="zh"), now),
        change_member(frank.caller, people.erin.id, Change(staff_note="rude"), now),
        suspend_member(frank.caller, people.erin.id, "rival", now),
        set_pin(frank.caller, people.erin.id, "274913", now),
    ):
        with pytest.raises(NotAllowed):
            await deed
    await suspend_member(people.erin.caller, frank.id, "moved away", now)


async def test_a_suspension_has_a_reason_and_can_be_taken_back(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(ReasonNeeded):
        await suspend_member(people.erin.caller, people.bob.id, "  ", now)
    await suspend_member(people.erin.caller, people.bob.id, "lent the pass to a neighbour", now)
    assert (await members.one(people.bob.id)).state == "suspended"
    await restore_member(people.erin.caller, people.bob.id, now)
    after = await members.one(people.bob.id)
    assert (after.state, after.state_reason) == ("active", "")


async def test_a_new_password_signs_out_all_other_browsers(tx: None, people: People, now: datetime) -> None:
    other = await given.member("Frank", "19900000006", people.community, now)
    phone = await sign_in.open_for(people.bob.id, "phone", now)
    await set_password(people.bob.caller, "a quiet river", phone.token, now)
    assert await callers.identify(people.bob.token, None, now) == callers.NOBODY
    assert (await callers.identify(phone.token, None, now)).member_id == people.bob.id
    assert (await callers.identify(other.token, None, now)).member_id == other.id


async def test_search_finds_by_name_number_phone_door_and_only_within_reach(tx: None, people: People, now: datetime) -> None:
    made = await create_member(people.erin.caller, joining(people, door="3-201", phone="13800138000"), now)
    number = (await members.one(made)).number
    for text in ("秀英", "王", str(number), f"#{number}", "8000", "3-201", " 王秀英 "):
        assert [found.id for found in await directory.search(text, [people.sub_district])] == [made], text
    for text in ("秀芳", "%", "_", "000", str(number + 10_000), "\\"):
        assert await directory.search(text, [people.sub_district]) == [], text
    assert await directory.search("秀英", [people.elsewhere]) == []


async def test_search_goes_on_from_a_cursor(tx: None, people: People) -> None:
    first = await directory.search("", [people.sub_district], limit=2)
    rest = await directory.search("", [people.sub_district], after=first[-1].number)
    assert [found.name for found in first + rest] == ["Alice", "Bob", "Carol", "Dan", "Erin"]


@pytest.mark.scenario("checkin-88")
async def test_a_desk_finds_nobody_under_four_letters_and_never_contact_data(tx: None, people: People, now: datetime) -> None:
    await create_member(people.erin.caller, joining(people, phone="13800138000"), now)
    for text in ("", "Ali", "Bob", "王", "138", "13800138000", "%%%%", "1990"):
        assert await directory.search_at_desk(text, [people.community]) == [], text
    found = await directory.search_at_desk("alic", [people.community]) + await directory.search_at_desk(
        "秀英", [people.community]
    )
    assert [face.name for face in found] == ["Alice", "王秀英"]
    assert directory.Face.__struct_fields__ == ("id", "number", "name")
    assert await directory.search_at_desk("alic", [people.elsewhere]) == []


@pytest.mark.scenario("checkin-88")
async def test_a_desk_searches_over_http_within_its_community_only(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    here = await given.device("desk", "East gate", people.community, now)
    there = await given.device("desk", "Far gate", people.elsewhere, now)
    found = await client.get("/api/v1/desk/members", params={"q": "alic"}, headers=here.bearer)
    assert [set(face) for face in found.json()] == [{"id", "number", "name"}]
    assert people.alice.phone not in found.text
    for headers, text in ((here.bearer, "ali"), (there.bearer, "alice")):
        assert (await client.get("/api/v1/desk/members", params={"q": text}, headers=headers)).json() == []
    assert (await client.get("/api/v1/members", params={"q": "alice"}, headers=here.bearer)).status_code == 403
    assert (await client.get("/api/v1/desk/members", params={"q": "alice"}, headers=people.bob.bearer)).status_code == 403


async def test_many_members_at_once_obey_the_same_rules(tx: None, people: People, now: datetime) -> None:
    homes = [Household(uuid4(), people.building, f"5-{door}") for door in range(50)]
    await households.add_many(homes)
    many = [
        NewMember(home.id, f"李{place}", phone=f"199100{place:05}", skills=("电工", "急救")) for place, home in enumerate(homes)
    ]
    await members.create_many(many, now)
    numbers = [
        row["number"]
        for row in await sql.rows("SELECT number FROM member WHERE id = ANY($1) ORDER BY name", [m.id for m in many])
    ]
    assert len(numbers) == 50
    ordered = [(await members.one(each.id)).number for each in many[:5]]
    assert ordered == sorted(ordered)
    assert (await members.one(many[0].id)).skills == ["电工", "急救"]
    with pytest.raises(PhoneTaken):
        await members.create_many([NewMember(homes[0].id, "重复", phone="19910000001")], now)
    with pytest.raises(NameNeeded):
        await members.create_many([NewMember(homes[0].id, " ")], now)


async def test_a_household_keeps_its_members_at_one_node(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await sql.rows("UPDATE member SET community_id = $2 WHERE id = $1", people.bob.id, people.elsewhere)


async def test_an_unknown_household_or_member_is_not_found(tx: None, people: People, now: datetime) -> None:
    with pytest.raises(NotFound):
        await members.create(NewMember(uuid4(), "谁"), now)
    with pytest.raises(NotFound):
        await members.one(UUID(int=0))


@pytest.mark.parametrize(
    "phone, shown", [("13800138000", "138****8000"), ("12345", "****"), (None, ""), ("+442079460000", "+44****0000")]
)
def test_lists_show_masked_numbers(phone: str | None, shown: str) -> None:
    assert phones.masked(phone) == shown


def test_age_in_years() -> None:
    assert members.age(date(2012, 2, 29), date(2026, 2, 28)) == 13
    assert members.age(date(2012, 2, 29), date(2026, 3, 1)) == 14


async def test_a_lower_node_does_not_print_the_pass_of_a_higher_colleague(tx: None, people: People, now: datetime) -> None:
    for person in (people.erin, people.bob):
        await passes.issue(person.id, now)
    low = await given.member("Gus", "19900000007", people.building, now, "coordinator", people.building)
    with pytest.raises(NotAllowed):
        await print_cards(low.caller, [people.erin.id], now)
    assert [card.member_id for card in (await print_cards(people.erin.caller, [people.erin.id, people.bob.id], now)).cards] == [
        people.erin.id,
        people.bob.id,
    ]
    assert [card.name for card in (await print_cards(low.caller, [people.bob.id], now)).cards] == ["Bob"]


async def test_a_sheet_leaves_out_the_pass_of_a_higher_colleague(tx: None, people: People, now: datetime) -> None:
    high = await given.member("Hua", "19900000008", people.building, now, "coordinator", people.community)
    for person in (high, people.bob):
        await passes.issue(person.id, now)
    low = await given.member("Gus", "19900000007", people.building, now, "coordinator", people.building)
    sheet = await print_cards(low.caller, [high.id, people.bob.id, low.id], now)
    assert [card.name for card in sheet.cards] == ["Bob"]
    assert [[member.name for member in left_out] for left_out in (sheet.beyond, sheet.without_pass)] == [["Hua"], ["Gus"]]
