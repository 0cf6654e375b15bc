"""Who is told of an import: coordinators who could be the second person, and members whose balance was taken over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from timebank.actions.imports.columns import RIGHTS
from timebank.actions.imports.runs import Import, Line
from timebank.communities import tree
from timebank.communities.policies import Policy
from timebank.outbox.messages import Message
from timebank.people import seconds
from timebank.people.callers import Right


async def waits(run: Import, kind: Literal["import_waits", "import_undo_waits"], first_id: UUID, first: str) -> list[Message]:
    """For those who could confirm it, where it needs a second person; of members it needs none."""
    if run.kind == "members":
        return []
    above = (await tree.node(run.community_id)).ancestor_ids
    facts = {"name": first, "source": run.source, "reason": run.undo_reason, "kind": run.kind}
    return [
        Message(key=f"{kind}:{run.id}:{each}", person_id=each, kind=kind, facts=facts, path=f"/office/imports/{run.id}")
        for each in await seconds.seconds({Right.MANAGE_MEMBERS, RIGHTS[run.kind]}, above, [first_id])
    ]


def opened(run: Import, lines: Sequence[Line], policy: Policy) -> list[Message]:
    """Each member hears what is in the wallet now, and where it comes from."""
    return [
        _of(run, line, line.member_id, "balance_opened", policy, {"source": run.source}) for line in lines if line.member_id
    ]


def taken_back(run: Import, lines: Sequence[Line], policy: Policy) -> list[Message]:
    """The same members hear that it went again."""
    return [
        _of(run, line, line.member_id, "points_taken_back", policy, {"reason": run.undo_reason})
        for line in lines
        if line.member_id and line.undone == "taken_back" and "points" in line.said
    ]


def _of(run: Import, line: Line, member_id: UUID, kind: str, policy: Policy, more: Mapping[str, Any]) -> Message:
    unit = {"units": line.said["points"], "unit": policy.rules.unit_zh, "unit_en": policy.rules.unit_en}
    return Message(
        key=f"{kind}:{run.id}:{line.line}", person_id=member_id, kind=kind, facts={**unit, **more}, path="/me/points"
    )
