"""What the migrations make is what is written down (guards P15)."""

from __future__ import annotations

from tests.conftest import at_database
from tests.ground import catalogue
from timebank import servers


async def test_the_migrations_make_what_is_written_down(running: servers.Running, migrated: str) -> None:
    found = await catalogue.lines(at_database(running.owner_url, migrated))
    written = catalogue.WRITTEN.read_text(encoding="utf-8").splitlines()
    assert sorted(set(found) - set(written)) == [], "made but not written down: python -m tests.ground.catalogue"
    assert sorted(set(written) - set(found)) == [], "written down but not made"
