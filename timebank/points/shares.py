"""Who gets what a service earns: the member up to the cap of the wallet, and the pool what lies above; or the pool alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql
from timebank.communities.policies import Rules
from timebank.points import pools


class Share(msgspec.Struct, frozen=True):
    """`pool_id` is the community whose pool gets what lies above the cap, or all of it where `is_pools`; None: no pool does."""

    pool_id: UUID | None = None
    is_pools: bool = False

    def owner(self, member_id: UUID) -> UUID:
        """Whose account is credited first."""
        return self.pool_id if self.is_pools and self.pool_id else member_id

    def terms(self, rules: Rules) -> dict[str, Any]:
        """What a promise keeps of the cap, as it stands on the day of the service (ledger-110)."""
        if rules.wallet_cap_units is None or self.is_pools:
            return {}
        pool = {"pool": self.pool_id} if self.pool_id else {}
        return {"wallet_cap": rules.wallet_cap_units, "above_cap": rules.above_cap, **pool}


OWN = Share()
Asked = tuple[UUID, UUID, Rules | None]
"""A stay, the community of its activity, and the rules of its day."""

GROUPS = """
SELECT h.id FROM attendance h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
 WHERE h.id = ANY ($1) AND a.is_group
"""


async def of(asked: Sequence[Asked]) -> list[Share]:
    """In their order. No statement where no rules speak of a pool; else one for all stays and one for each community."""
    grouped = [stay for stay, _, rules in asked if rules and rules.group_earns_for == "pool"]
    groups = {row["id"] for row in await sql.rows(GROUPS, grouped)} if grouped else set()
    found: dict[UUID, UUID] = {}
    shares = []
    for stay, community_id, rules in asked:
        if not (stay in groups or (rules and rules.wallet_cap_units is not None and rules.above_cap == "pool")):
            shares.append(OWN)
            continue
        if community_id not in found:
            found[community_id] = await pools.of_node(community_id)
        shares.append(Share(found[community_id], stay in groups))
    return shares
