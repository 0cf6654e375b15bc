"""What the migrations make is what is written down (guards P15)."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import at_database
from tests.ground import catalogue
from timebank import migrate, servers


async def test_the_migrations_make_what_is_written_down(running: servers.Running, migrated: str) -> None:
    found = await catalogue.lines(at_database(running.owner_url, migrated))
    written = catalogue.WRITTEN.read_text(encoding="utf-8").splitlines()
    assert sorted(set(found) - set(written)) == [], "made but not written down: python -m tests.ground.catalogue"
    assert sorted(set(written) - set(found)) == [], "written down but not made"


def test_no_two_files_of_a_step_write_the_same_list_anew() -> None:
    """The second would drop what the first one added."""
    step = Path(migrate.VERSIONS).parent / "second"
    drop = re.compile(r"DROP CONSTRAINT (?:IF EXISTS )?(\w+)")
    dropped = [name for file in step.glob("*.sql") for name in drop.findall(file.read_text("utf-8"))]
    assert sorted(dropped) == sorted(set(dropped))
    assert "transfer_kind_check" in dropped
