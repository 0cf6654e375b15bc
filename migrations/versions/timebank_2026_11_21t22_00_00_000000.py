"""The first house: every table, constraint, trigger, function and grant, from the SQL files in `migrations/first`, in order."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from schedules import sql

ID = "2026-11-21T22:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the first house"

FOLDER = Path(__file__).parent.parent / "first"
FILES = (
    "communities.sql",
    "people.sql",
    "schedules.sql",
    "spaces.sql",
    "attendance.sql",
    "hours.sql",
    "door.sql",
    "points.sql",
    "rewards.sql",
    "ledger.sql",
    "kiosk.sql",
    "delivery.sql",
    "holds.sql",
    "redemptions.sql",
    "intents.sql",
    "corrections.sql",
    "reconcile.sql",
    "links.sql",
    "grants.sql",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="timebank", description=DESCRIPTION)

    async def run() -> None:
        running = sql.engine().current_transaction.get()
        assert running is not None, "Piccolo runs each migration in a transaction"  # noqa: S101
        for name in FILES:
            await running.connection.execute((FOLDER / name).read_text(encoding="utf-8"))

    async def run_backwards() -> None:
        await sql.rows("DROP OWNED BY CURRENT_USER")

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
