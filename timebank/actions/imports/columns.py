"""What a file of each kind may say of a row, what it has to, and who may bring it."""

from __future__ import annotations

from typing import Literal

from timebank.people.callers import Right

Kind = Literal["members", "balances", "records"]
KINDS: tuple[Kind, ...] = ("members", "balances", "records")
RIGHTS: dict[Kind, Right] = {
    "members": Right.MANAGE_MEMBERS,
    "balances": Right.ISSUE_POINTS,
    "records": Right.APPROVE_HOURS,
}
"""What a coordinator may bring; with MANAGE_MEMBERS in each case, since rows are about people."""

WHO = ("number", "old_number", "phone", "name", "door")
"""By which a row names a member who is here; they all have to lead to one."""

COLUMNS: dict[Kind, tuple[str, ...]] = {
    "members": (
        "name",
        "phone",
        "door",
        "old_number",
        "relative",
        "chosen_language",
        "sex",
        "born_on",
        "skills",
        "staff_note",
    ),
    "balances": (*WHO, "points", "reference"),
    "records": (
        *WHO,
        "activity_name",
        "served_on",
        "place",
        "service_content",
        "service_hours",
        "service_minutes",
        "organising_unit",
        "person_in_charge",
        "vouched_by",
    ),
}
NEEDED: dict[Kind, tuple[str, ...]] = {
    "members": ("name",),
    "balances": ("points",),
    "records": ("activity_name", "served_on", "place", "service_content", "organising_unit", "person_in_charge"),
}
"""Columns that are there and filled in every row; of hours and minutes one."""
LONGEST = {"staff_note": 1000, "skills": 1000, "service_content": 1000}
LONGEST_ELSE = 200
