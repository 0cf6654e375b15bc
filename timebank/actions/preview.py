"""What an action would do: it is done, looked at and taken back. So what is shown before saving is what saving does."""

from __future__ import annotations

from typing import ParamSpec, TypeVar

from timebank.actions.action import Action
from timebank.database import transaction

P = ParamSpec("P")
T = TypeVar("T")


class _Seen(Exception):
    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


async def preview(act: Action[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The answer that the action would give now; nothing is kept. Raises what the action raises."""
    try:
        async with transaction():
            raise _Seen(await act.act(*args, **kwargs))
    except _Seen as seen:
        return seen.value  # type: ignore[return-value]
