"""Words that no source may contain, because of what they do to a transaction, a connection or a queue."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("schedules", "timebank", "migrations") for path in sorted((ROOT / folder).rglob("*.py"))]
STATEMENTS = sorted((ROOT / "migrations").rglob("*.sql"))
OWN_CONNECTION = {"timebank/database.py", "timebank/migrate.py"}
UNDER_TRANSACTIONS = ("schedules/", "timebank/actions/", "timebank/rewards/", "timebank/points/", "timebank/hours/")
MAY_HAVE_TASKS = {"timebank/outbox/bell.py", "schedules/sql.py", "timebank/actions/uploads/upload.py"}
"""The bell is carried after the commit; `sql.beside` gives one statement to another task and waits for it before it returns. An
upload is no transaction: each group of its lanes is one, opened and ended in the lane's own task, and a lane that is started
within a transaction is refused its connection (`Nested`)."""


def where(word: str, paths: list[Path], but: Collection[str] = ()) -> list[str]:
    """Files of the project that contain the expression."""
    names = [path.relative_to(ROOT).as_posix() for path in paths if re.search(word, path.read_text("utf-8"))]
    return [name for name in names if name not in but]


def test_only_the_wrapper_opens_ends_or_takes_back_a_transaction() -> None:
    """guards P1, P3, P4"""
    for word in (r"\bengine\(?\)?\.transaction\(", r"\.commit\(\)", r"\.rollback\(\)", r"connection\.transaction\("):
        assert where(word, SOURCES, OWN_CONNECTION) == [], word


def test_nothing_starts_tasks_where_a_transaction_may_be_open() -> None:
    """guards P5"""
    below = [path for path in SOURCES if path.relative_to(ROOT).as_posix().startswith(UNDER_TRANSACTIONS)]
    assert len(below) > 50
    for word in (r"\bcreate_task\(", r"\bgather\(", r"\bTaskGroup\(", r"\bwait_for\(", r"\bensure_future\("):
        assert where(word, below, MAY_HAVE_TASKS) == [], word


def test_no_query_goes_round_the_pool() -> None:
    """guards P8, P10"""
    for word in (r"\.batch\(", r"in_pool=False", r"_run_in_new_connection", r"get_new_connection\("):
        assert where(word, SOURCES, {"timebank/database.py"}) == [], word


@pytest.mark.parametrize("word", [r"pg_advisory_lock\(", r"\bLISTEN\b", r"add_listener\(", r"PARTITION BY RANGE"])
def test_no_state_of_a_session_and_no_partition(word: str) -> None:
    """guards B2, Q5"""
    assert where(word, [*SOURCES, *STATEMENTS]) == []


def test_two_constraints_are_looked_at_late_and_decision_20_says_why() -> None:
    """guards P1: our transaction() gives the connection back also when a commit fails (tests/races/test_transactions.py)."""
    whole = "\n".join(path.read_text("utf-8") for path in STATEMENTS)
    late = re.findall(r"CONSTRAINT (?:TRIGGER )?(\w+)(?:(?!CONSTRAINT)[^;])*?\bDEFERRABLE\b", whole)
    assert late == ["occupancy_booking_id_fkey", "heal_closures"]
    assert len(re.findall(r"\bDEFERRABLE\b", whole)) == 2


@pytest.mark.parametrize("word", ["_job_id", "allow_abort_jobs", r"\.abort\(", "import pickle", r"pickle\."])
def test_nothing_relies_on_arqs_ids_abort_or_pickle(word: str) -> None:
    """guards A6, A14, A16"""
    assert where(word, SOURCES) == []
