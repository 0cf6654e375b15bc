"""The demo in a database: loaded once, through the same rules as live data, and the ledger agrees with itself."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from schedules import sql
from tests.conftest import at_database, copy_of, drop, use
from tests.demo.conftest import NOW, SETTINGS, load
from timebank import database, demo, servers
from timebank.demo import loading, welcome
from timebank.points import reconcile


async def count(what: str, *values: object) -> int:
    return int(await sql.value(f"SELECT count(*) FROM {what}", *values))


async def check_agreement() -> None:
    async with database.transaction():
        report = await reconcile.check()
    assert not report.findings
    assert await count("scan WHERE reason <> 'ok'") == 4, "the replaced card, the damaged one, and two of the desks' queues"
    assert await count("intent WHERE state <> 'done'") == 0
    waiting = await count("stay_confirmation WHERE confirmed_at IS NULL")
    assert await count("service_record") == await count("intent") + waiting
    assert await count("intent") == await count("transfer WHERE kind = 'credit'")


async def test_the_small_cut_is_there_and_the_ledger_agrees_with_itself(loaded: None) -> None:
    assert await count("member") == 300
    assert await count("space") == 12 + 3
    assert 40 <= await count("activity") <= 80
    assert await count("service_record") > 50
    assert await count("redemption") > 5
    assert await count("booking") > 20
    assert await loading.state() == loading.LOADED
    await check_agreement()


async def test_the_board_is_alive(loaded: None) -> None:
    attended = "attendance a JOIN session s ON s.id = a.session_id"
    assert await count(f"{attended} WHERE a.out_at IS NULL AND s.ends_at > $1", NOW) > 0
    assert await count("session WHERE starts_at > $1 AND starts_at < $2", NOW, NOW + timedelta(days=14)) >= 8
    assert await count(f"{attended} WHERE a.in_at > $1", NOW) == 0


SHOWN = {
    "a series": "session WHERE series_id IS NOT NULL AND state = 'planned' AND space_id IS NOT NULL",
    "a date of it called off": "session WHERE series_id IS NOT NULL AND state = 'cancelled'",
    "a date of it without its room": "session WHERE wanted_space IS NOT NULL",
    "an offer to the volunteer": "signup u JOIN member m ON m.id = u.person_id "
    "WHERE u.state = 'offered' AND m.phone = '15400000003'",
    "three in line behind": "signup WHERE state = 'waiting'",
    "requests": "signup WHERE state = 'requested'",
    "a skill that runs out soon": "held_skill WHERE state = 'confirmed' AND valid_until < '2027-01-01'",
    "help that lacks a word": "exchange WHERE state = 'agreed' AND helper_minutes IS NOT NULL AND helped_minutes IS NULL",
    "help that a mediator looks at": "exchange WHERE state = 'mediation'",
    "help that waits for a yes": "exchange WHERE state = 'asked'",
    "a certificate that holds": "certificate k WHERE is_certificate "
    "AND NOT EXISTS (SELECT FROM certificate_revocation v WHERE v.certificate_id = k.id)",
    "one that was taken back": "certificate_revocation",
    "a training on a record": "record_note WHERE kind = 'training'",
    "a skill that was claimed": "held_skill WHERE state = 'claimed'",
    "a place that needs a skill": "role_need",
    "a host": "activity_partner",
    "a stay that ended by itself": "attendance WHERE is_automatic",
    "a stay by hand": "attendance WHERE NOT is_automatic AND NOT is_by_code",
    "a no-show": "no_show",
    "an objection": "no_show WHERE state = 'objection'",
    "scans of two desks that disagree": "door_conflict WHERE kind = 'two_desks'",
    "somebody whom only the desk refused": "door_conflict WHERE kind = 'disputed'",
    "something odd in the log": "finding WHERE state = 'open'",
    "entries that stand out": "entry_alarm",
    "entries that wait for a second person": "hours_entry WHERE state = 'pending'",
    "a stay that waits for the organiser's word": "stay_confirmation WHERE confirmed_at IS NULL",
    "a walk-in": "scan c JOIN signup u ON u.id = c.signup_id WHERE c.reason = 'ok' AND c.direction = 'in' "
    "AND u.made_at = c.received_at",
    "who left early": "signup_fact WHERE kind = 'left_early'",
    "a scan that was undone": "scan_undo",
    "a way in on the organiser's word": "scan WHERE forced",
    "a damaged code": "scan WHERE reason = 'bad_signature'",
    "somebody checked in by name": "scan WHERE source = 'manual'",
    "an older key of the passes beside the one that signs": "pass_key a JOIN pass_key b ON b.added_at > a.added_at "
    "JOIN pass p ON p.key_id = b.id AND p.revoked_at IS NULL",
    "a session that runs and takes walk-ins": "session s JOIN activity a ON a.id = s.activity_id "
    "WHERE a.walk_ins AND s.starts_at <= '2026-11-26 09:10Z' AND s.ends_at > '2026-11-26 09:10Z'",
    "a hall of parts": "space_part WHERE space_id <> part_id",
    "desks": "space WHERE units > 1",
    "things that are lent": "booking_accessory",
    "points set aside": "booking_price WHERE state = 'held' AND units > 0",
    "requests for rooms": "booking WHERE state = 'pending'",
    "a group": "person_group_member",
    "a series of bookings": "booking b JOIN booking_series s ON s.id = b.series_id",
    "a date of it that is watched": "booking_skip WHERE state = 'watched'",
    "a draw to come": "lottery_round WHERE drawn_at IS NULL",
    "a wish for a room": "room_wish WHERE state = 'waiting'",
    "a pool with points": "wallet w JOIN account a ON a.id = w.account_id JOIN community c ON c.id = a.owner_id "
    "JOIN support s ON s.community_id = c.id WHERE w.posted >= 300",
    "somebody for whom the pool pays": "support WHERE state = 'approved'",
    "a young member whose guardian agreed": "guardian_consent WHERE ended_at IS NULL",
    "messages to the organiser": "message g JOIN member m ON m.id = g.person_id WHERE m.phone = '15400000002'",
}


@pytest.mark.parametrize("what", SHOWN)
async def test_a_newcomer_sees_an_example_of_it(loaded: None, what: str) -> None:
    assert await count(SHOWN[what]) > 0


async def test_a_neighbourhood_moves_in_only_where_nobody_lives(loaded: None) -> None:
    members = await count("member")
    with pytest.raises(loading.NotEmpty):
        await load(seed=2)
    assert await count("member") == members


async def test_the_newcomer_is_told_who_can_be_played(loaded: None) -> None:
    told = await welcome.text(SETTINGS, NOW)
    for name in ("王秀英", "15400000003", "boqiao-demo", "482916", "/pair"):
        assert name in told


async def balances() -> list[tuple[object, ...]]:
    found = await sql.rows(
        "SELECT m.name, m.phone, w.posted, w.seq FROM wallet w JOIN account a ON a.id = w.account_id "
        "JOIN member m ON m.id = a.owner_id WHERE w.seq > 0 ORDER BY m.name, m.phone"
    )
    return [tuple(row) for row in found]


async def test_the_figures_depend_on_the_seed_alone(loaded: None, running: servers.Running, migrated: str) -> None:
    """What is due at one stage is done at once; that changes no balance."""
    first = await balances()
    other = await copy_of(running, migrated)
    await use(at_database(running.database_url, other))
    await load()
    assert len(first) > 10
    assert await balances() == first
    await database.close_pool()
    await drop(running, other)


def test_invented_people_do_not_move_into_production() -> None:
    real = msgspec.structs.replace(SETTINGS, mode="production")
    for command in (demo.load, demo.ensure):
        with pytest.raises(demo.InProduction):
            command(real)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_the_whole_sub_district_is_there_and_the_ledger_agrees_with_itself(committed: str) -> None:
    await load(is_full=True)
    assert await count("member") == 58_000
    assert await count("community") == 1 + 14 + 97 + 347
    assert await count("service_record") > 700
    await check_agreement()
