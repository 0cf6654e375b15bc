"""Typed codes that a desk could only note: the right ones count at once, and guessing stays as slow as it was."""

from __future__ import annotations

from schedules import codes
from tests.door.doors import Door, stays
from tests.door.test_uploads import item, rows_of
from timebank.actions.door import typed_tries
from timebank.actions.uploads import typed_first
from timebank.people import passes


async def test_a_right_typed_code_waits_behind_no_wrong_ones_of_its_queue(door: Door) -> None:
    """Attack 13: thirty wrong codes in front of it, and the right one was refused unseen until they had run out."""
    await door.clock(180)
    wrong = [item(door, 1, f"w-{nth}", code=codes.first_typed(nth), reason="unjudged") for nth in range(1, 40)]
    right = item(door, 2, "n-1", code=door.bobs.typed_shown, reason="unjudged")
    rows = await rows_of(door, *wrong, right)
    assert rows[-1]["code"] == "ok"
    told = [row["code"] for row in rows[:-1]]
    assert told == ["unknown_pass"] * typed_tries.TRIES + ["busy"] * (39 - typed_tries.TRIES), "wrong ones wait as before"
    assert len(await stays(door.people.bob)) == 1


async def test_a_queue_is_no_way_to_find_out_whose_codes_there_are(door: Door) -> None:
    """A code of somebody who is not signed up there is tried like a wrong one; and looks that met wrong ones are few."""
    carols = await passes.issue(door.people.carol.id, door.people.now)
    await door.clock(180)
    wrong = [item(door, 1, f"w-{nth}", code=codes.first_typed(nth), reason="unjudged") for nth in range(1, 32)]
    (stranger,) = (await rows_of(door, *wrong, item(door, 2, "c-1", code=carols.typed_shown, reason="unjudged")))[-1:]
    assert stranger["code"] == "busy"
    for nth in range(typed_first.LOOKS):
        await rows_of(door, item(door, 1, f"v-{nth}", code=codes.first_typed(50 + nth), reason="unjudged"))
    late = item(door, 3, "n-1", code=door.bobs.typed_shown, reason="unjudged")
    assert (await rows_of(door, late))[0]["code"] == "busy"
    await door.clock(200)
    assert (await rows_of(door, late))[0]["code"] == "ok"
