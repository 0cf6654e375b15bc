"""All periodic work in one table. Each job asks "what is due and not done?" and never "it is three o'clock now" (A11)."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from schedules import sql
from timebank.database import transaction
from timebank.hours import identities
from timebank.jobs import (
    carry_on_imports,
    close_sessions,
    deliver,
    draw_lots,
    end_exchanges,
    end_gifts,
    find_oddities,
    generate_sessions,
    keep_wall_times,
    lapse_requests,
    make_exports,
    move_queues,
    move_room_queues,
    no_shows,
    pay_recruits,
    prove,
    release_rooms,
    remind,
    remind_expiry,
    settle_bookings,
    settle_leavers,
    settle_supports,
    summaries,
    tell_waiting,
    watch_entries,
    watch_records,
    watch_series,
    watch_sessions,
)
from timebank.jobs.runs import Periodic
from timebank.outbox import intents
from timebank.people import cleaning
from timebank.points import ledger
from timebank.rewards import visits

ALARM_SECONDS = 10.0
"""A promise that has been due for longer than this is not being kept: whoever looks after the service has to know."""
ALARM_AGAIN = timedelta(hours=1)
"""An alarm that was raised is repeated no sooner, unless it has become worse: one that never stops is heard by nobody."""
FAILURES_KEPT = timedelta(days=1)
KEYS_KEPT = timedelta(days=30)
SETTLED_AT_ONCE = 200

log = structlog.get_logger()


async def watch_backlog(now: datetime) -> int:
    """Raises the alarm when promises are not kept in time, or dead (ledger-32, ledger-35, A13)."""
    behind = await intents.backlog()
    if await _is_news(behind.dead + (behind.oldest_seconds > ALARM_SECONDS)):
        log.error("alarm: promises are not kept", **{name: getattr(behind, name) for name in behind.__struct_fields__})
    return behind.pending


async def _is_news(wrong: int) -> bool:
    """Whether to raise the alarm: more is wrong than at the last one, or that was long ago."""
    await sql.rows("UPDATE job_run SET handled = $1 WHERE name = 'backlog alarm' AND handled > $1", wrong)
    # Several sweepers: the row lets one of them raise it.
    return wrong > 0 and bool(
        await sql.rows(
            "INSERT INTO job_run AS j (name, started_at, handled) VALUES ('backlog alarm', clock_timestamp(), $1) "
            "ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at, handled = excluded.handled "
            "WHERE j.handled < excluded.handled OR j.started_at <= excluded.started_at - $2::interval RETURNING name",
            wrong,
            ALARM_AGAIN,
        )
    )


async def settle_wallets(now: datetime) -> int:
    """Ends holds and expires points whose time is over, in wallets that nobody touches."""
    return await ledger.settle_due(SETTLED_AT_ONCE)


async def forget_keys(now: datetime) -> int:
    """Idempotency keys that no client sends any more. A redemption keeps its own key, and a key given up stays so, for good."""
    found = await sql.rows(
        "DELETE FROM idempotency WHERE ctid = ANY (ARRAY "
        "(SELECT ctid FROM idempotency WHERE made_at < $1 AND status IS DISTINCT FROM 410 LIMIT 5000)) RETURNING 1",
        now - KEYS_KEPT,
    )
    return len(found)


async def clean_people(now: datetime) -> int:
    """Run-out sign-ins, codes, pairings, counters."""
    async with transaction():
        return await cleaning.clean(now)


async def clean_visits(now: datetime) -> int:
    """Visits at kiosks that ended long ago."""
    async with transaction():
        return await visits.clean(now)


async def forget_identities(now: datetime) -> int:
    """What is printed of identity documents on sheets that were issued months ago."""
    return await identities.forget_old(now)


async def forget_failures(now: datetime) -> int:
    """Failures of items that no job has tried for a day: they are done some other way, or are no more."""
    return len(await sql.rows("DELETE FROM job_failure WHERE last_at < $1 RETURNING 1", now - FAILURES_KEPT))


TABLE = (
    Periodic("watch backlog", timedelta(seconds=10), watch_backlog),
    Periodic("deliver messages", timedelta(seconds=2), deliver.run),
    Periodic("carry on imports", timedelta(seconds=2), carry_on_imports.run),
    Periodic("forget imports", timedelta(hours=1), carry_on_imports.forget),
    # May take as long as the community is large, so it is among the jobs that come seldom.
    Periodic("make exports", timedelta(seconds=61), make_exports.run),
    Periodic("forget exports", timedelta(hours=1), make_exports.forget),
    Periodic("remind", timedelta(seconds=30), remind.run),
    Periodic("remind of expiry", timedelta(minutes=10), remind_expiry.run),
    Periodic("daily summaries", timedelta(minutes=5), summaries.run),
    Periodic("settle wallets", timedelta(minutes=1), settle_wallets),
    Periodic("end gifts", timedelta(minutes=1), end_gifts.run),
    Periodic("settle leavers", timedelta(minutes=1), settle_leavers.run),
    Periodic("erase leavers", timedelta(hours=1), settle_leavers.erase),
    Periodic("settle supports", timedelta(seconds=20), settle_supports.run),
    Periodic("end exchanges", timedelta(minutes=1), end_exchanges.run),
    Periodic("lapse requests", timedelta(minutes=1), lapse_requests.run),
    Periodic("draw lots", timedelta(seconds=30), draw_lots.run),
    Periodic("generate sessions", timedelta(minutes=10), generate_sessions.run),
    Periodic("move queues", timedelta(seconds=20), move_queues.run),
    Periodic("close sessions", timedelta(minutes=1), close_sessions.run),
    Periodic("no-shows", timedelta(minutes=1), no_shows.run),
    # Before bookings are settled: a no-show pays what the list says of a no-show.
    Periodic("release rooms", timedelta(seconds=30), release_rooms.run),
    Periodic("move room queues", timedelta(seconds=30), move_room_queues.run),
    Periodic("watch series", timedelta(minutes=1), watch_series.run),
    Periodic("keep wall times", timedelta(hours=1), keep_wall_times.run),
    Periodic("settle bookings", timedelta(minutes=1), settle_bookings.run, after="release rooms"),
    Periodic("tell waiting", timedelta(minutes=5), tell_waiting.run),
    Periodic("pay recruits", timedelta(minutes=5), pay_recruits.run),
    Periodic("watch entries", timedelta(minutes=5), watch_entries.run),
    Periodic("watch records", timedelta(minutes=30), watch_records.run),
    Periodic("watch sessions", timedelta(minutes=5), watch_sessions.run),
    Periodic("find oddities", timedelta(minutes=1), find_oddities.run),
    Periodic("clean people", timedelta(minutes=10), clean_people),
    Periodic("clean visits", timedelta(minutes=10), clean_visits),
    Periodic("forget identities", timedelta(hours=1), forget_identities),
    Periodic("forget failures", timedelta(hours=1), forget_failures),
    Periodic("forget keys", timedelta(hours=1), forget_keys),
    Periodic("seal ledger", timedelta(seconds=30), prove.seal),
    Periodic("prove ledger", timedelta(hours=1), prove.ledger),
    Periodic("verify seals", timedelta(hours=24), prove.verify),
    # Takes as long as those two, so it is among the jobs that come seldom.
    Periodic("prove on request", timedelta(seconds=65), prove.on_request),
)
