"""What keeps a queue at the door moving, beside the statements that tests/door/test_rights.py counts."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from schedules import codes, door_questions, sql
from schedules.codes import Card
from tests.door.doors import Door, another, log, put
from tests.door.test_prepare import pack
from tests.door.test_uploads import item, rows_of
from tests.sqllog import statements
from timebank.actions.door import scan
from timebank.actions.door.door import Asking, Scan
from timebank.people import keys, passes, signatures


@pytest.mark.scenario("checkin-67")
async def test_the_server_knows_its_own_signature_and_no_other(door: Door) -> None:
    code = codes.read(door.bobs.text)
    assert isinstance(code, Card)
    public_key = keys.public_half(code.key_id)
    assert passes.is_own(public_key, code)
    assert signatures.fits(public_key, code.signature, code.signed), "as everybody else finds with the public key"
    flipped = bytes([code.signature[0] ^ 1]) + code.signature[1:]
    for forged in (msgspec.structs.replace(code, signature=flipped), msgspec.structs.replace(code, signed=code.signed + b"A")):
        assert not passes.is_own(public_key, forged)
        assert not signatures.judged(forged, forged.server, public_key, door.start).is_signed


@pytest.mark.scenario("checkin-67")
async def test_a_card_that_was_issued_is_known_without_its_signature_being_made_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(passes, "_signs", lambda public_key, key_id, *_: made.append(key_id))
    assert (await door.scan()).status_code == 201
    assert made == []
    await sql.rows("UPDATE pass SET digest = NULL WHERE id = $1", door.bobs.id)  # issued before digests were kept
    assert (await door.scan(direction="out")).status_code == 201
    assert made == [door.bobs.key_id]


@pytest.mark.scenario("checkin-66", "checkin-67")
async def test_what_is_no_card_of_ours_is_refused_whatever_digest_is_kept(door: Door) -> None:
    signed, signature = door.bobs.text[: -codes.SIGNATURE], bytes(64)
    assert (await door.scan(codes.signed_card(signed, signature))).json()["code"] == "bad_signature"
    await passes.remove_key(door.bobs.key_id, door.start)
    assert (await door.scan()).json()["code"] == "unknown_pass"


@pytest.mark.scenario("checkin-66")
async def test_a_pass_of_an_older_secret_is_verified_by_its_public_key(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    code = codes.read(door.bobs.text)
    assert isinstance(code, Card)
    public_key = keys.public_half(code.key_id)
    monkeypatch.setattr(keys, "public_half", lambda key_id: b"the half of another secret")
    assert not passes.is_own(public_key, code)
    assert (await door.scan()).status_code == 201


@pytest.mark.scenario("checkin-81")
async def test_an_upload_takes_as_many_statements_for_many_who_leave_as_for_one(door: Door) -> None:
    await door.clock(150)
    codes_of = {"bob": door.bobs.text}
    for name in ("carol", "dan"):
        person = getattr(door.people, name)
        await put(person, door.session)
        codes_of[name] = (await passes.issue(person.id, door.people.now)).text

    async def taken(*names: str) -> int:
        moves = ((10, "in"), (100, "out"))
        items = [
            item(door, minutes, f"{name}-{way}", code=codes_of[name], direction=way) for name in names for minutes, way in moves
        ]
        with statements() as seen:
            assert {row["code"] for row in await rows_of(door, *items)} == {"ok"}
        return len(seen)

    assert await taken("bob") == await taken("carol", "dan")
    assert await sql.value("SELECT count(*) FROM intent WHERE amount > 0") == 3
    assert await sql.value("SELECT count(*) FROM service_record") == 3


@pytest.mark.scenario("checkin-25")
async def test_a_queue_at_the_way_out_takes_as_many_statements_as_one_who_leaves(door: Door) -> None:
    everybody = [door.bobs.text]
    for person in (door.people.carol, door.people.dan):
        await put(person, door.session)
        everybody.append((await passes.issue(person.id, door.people.now)).text)
    for text in everybody:
        assert (await door.scan(text)).status_code == 201
    now = await door.clock(90)

    def leaves(text: str) -> Scan:
        asking = Asking(
            scanner_id=door.desk.id,
            operator_id=None,
            source="desk",
            direction="out",
            raw_code=text,
            nonce=text,
            activity_ids=(door.session.activity_id,),
            nodes=(door.people.community,),
        )
        return Scan(asking, codes.read(text), now)

    bobs, *others = map(leaves, everybody)
    with statements() as alone:
        await scan.judge([bobs])
    with statements() as together:
        outcomes = await scan.judge(others)
    assert len(together) == len(alone)
    assert [each and each.admission and each.admission.points for each in outcomes] == [150, 150]
    assert await sql.value("SELECT count(*) FROM intent WHERE amount = 150") == 3


async def test_a_queue_that_is_turned_away_takes_as_many_statements_as_one_who_is(door: Door) -> None:
    """Each is told where else they belong, since when they are in, and stands in the log of the door, while the others wait."""
    reading = await another(door)
    strangers = []
    for person in (door.people.carol, door.people.dan):
        await put(person, reading)
        strangers.append((await passes.issue(person.id, door.people.now)).text)
    now = (await door.clock(10), await door.scan())[0]

    def turned(text: str, nth: int) -> Scan:
        asking = Asking(
            scanner_id=door.desk.id,
            operator_id=None,
            source="desk",
            direction="in",
            raw_code=text,
            nonce=f"t-{nth}-{text}",
            activity_ids=(door.session.activity_id,),
            nodes=(door.people.community,),
        )
        return Scan(asking, codes.read(text), now)

    few, many = [door.bobs.text, strangers[0], "junk 1"], [door.bobs.text, *strangers, "junk 1", "junk 2"]
    with statements() as alone:
        await scan.judge([turned(text, 1) for text in few])
    with statements() as together:
        outcomes = await scan.judge([turned(text, 2) for text in many])
    assert len(together) == len(alone)
    told = [each.refusal for each in outcomes if each and each.refusal]
    assert [type(each).__name__ for each in told] == [
        "AlreadyIn",
        "NotSignedUpHere",
        "NotSignedUpHere",
        "UnknownPass",
        "UnknownPass",
    ]
    assert [each.facts.get("desk") for each in told[:1]] == ["Hall door"]
    assert [[place.title_en for place in each.facts["elsewhere"]] for each in told[1:3]] == [["Reading"], ["Reading"]]
    assert {row["session_id"] for row in await log()} == {door.session.id}


async def test_a_desk_prepares_with_as_many_statements_for_two_activities_as_for_one(door: Door) -> None:
    reading = await another(door, person=door.people.bob)
    for each in (door.session, reading):
        wanted = [door_questions.Wanted(kind="text", text="Shirt size?"), door_questions.Wanted(kind="number", text="Guests?")]
        await door_questions.keep(each.activity_id, wanted, door.people.alice.id, door.start)

    async def taken(*sessions: UUID) -> int:
        with statements() as seen:
            packed = await pack(door, *sessions)
        assert [[each["text"] for each in one["questions"]] for one in packed["sessions"]] == [
            ["Shirt size?", "Guests?"]
        ] * len(sessions)
        return len(seen)

    assert await taken(door.session.id) == await taken(reading.id, door.session.id)
