"""Schedule and spaces in full: the SQL files in `migrations/second`, in the order of their names."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from schedules import sql

ID = "2026-11-22T01:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "schedule and spaces in full"

FOLDER = Path(__file__).parent.parent / "second"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="timebank", description=DESCRIPTION)

    async def run() -> None:
        running = sql.engine().current_transaction.get()
        assert running is not None, "Piccolo runs each migration in a transaction"  # noqa: S101
        for path in sorted(FOLDER.glob("*.sql")):
            await running.connection.execute(path.read_text(encoding="utf-8"))

    manager.add_raw(run)
    return manager
