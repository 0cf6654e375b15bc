"""What every walk of the machine starts from: a community with its pool, people, a shelf."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from tests.proofs.entries import POOL
from tests.proofs.link import Link

START = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
PEOPLE = ("Alice", "Bob", "Carol")
EVERYBODY = (*PEOPLE, POOL)
SHELF = {"eggs": (300, 2), "rice": (500, 1), "oil": (700, 3)}
"""Price in units of 1/100 point, and stock."""
SYSTEM = {"issuance": -1, "redeemed": -2, "expired": -3, "receivable": -4}
VIEWS = "SELECT viewname FROM pg_views WHERE schemaname = 'reconcile' ORDER BY viewname"


class Ground:
    """What every walk starts from, committed once: a community with its pool, people, a shelf. `staff` is nobody of them."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.community, self.place, self.staff, self.second = uuid4(), uuid4(), uuid4(), uuid4()
        self.members = {name: uuid4() for name in PEOPLE}
        self.rewards = {name: uuid4() for name in SHELF}
        self.owners = {**self.members, POOL: self.community}
        link.rows(
            "INSERT INTO community (id, kind, name, time_zone, ancestor_ids) "
            "VALUES ($1, 'community', '春晖社区', 'Asia/Shanghai', ARRAY[$1::uuid])",
            self.community,
        )
        people = [*self.members.values(), self.staff, self.second]
        link.rows("INSERT INTO household (id, community_id) SELECT m, $2 FROM unnest($1::uuid[]) m", people, self.community)
        link.rows(
            "INSERT INTO member (id, community_id, household_id, name, joined_at) "
            "SELECT m, $2, m, 'Member', $3 FROM unnest($1::uuid[]) m",
            people,
            self.community,
            START,
        )
        link.rows("INSERT INTO place (id, community_id, name) VALUES ($1, $2, '服务站')", self.place, self.community)
        for name, (price, count) in SHELF.items():
            link.rows(
                "INSERT INTO reward (id, community_id, name, price, made_at) VALUES ($1, $2, $3, $4, $5)",
                self.rewards[name],
                self.community,
                name,
                price,
                START,
            )
            self.deliver(name, count, START)
        self.accounts = {name: int(link.value("SELECT ledger.account_of($1)", owner)) for name, owner in self.owners.items()}
        self.names = {number: name for name, number in (self.accounts | SYSTEM).items()}
        views = [row[0] for row in link.rows(VIEWS)]
        self.proof = " UNION ALL ".join(f"SELECT '{view}' AS view, subject, detail FROM reconcile.\"{view}\"" for view in views)

    def deliver(self, name: str, count: int, at: datetime) -> None:
        self.link.ask(
            "SELECT ledger.move_stock($1, $2, $3, 'counted', $4, NULL, $5)",
            self.rewards[name],
            self.place,
            count,
            self.staff,
            at,
        )
