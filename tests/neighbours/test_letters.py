"""Every letter about help between neighbours can be read in both languages, by who may read what."""

from __future__ import annotations

import msgspec
import pytest

from schedules import sql
from tests.given import People
from tests.ledger.purse import NOW
from tests.neighbours.help import agreed, asked, said
from timebank.actions.neighbours import news
from timebank.web import letters as _letters  # noqa: F401  fills the table
from timebank.web import post
from timebank.web.words import LANGUAGES

KINDS = sorted(kind for kind in post.TABLE if kind.startswith("exchange_") and kind != "exchange_to_mediate")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_letter_is_whole(folk: People, language: str) -> None:
    assert len(KINDS) > 10
    exchange = await said(folk, await agreed(folk), 60, 0)
    for kind in KINDS:
        await news.tell(exchange, kind, [folk.bob.id, folk.carol.id], NOW, about="again")
    found = await sql.rows("SELECT kind, facts FROM message")
    assert {row["kind"] for row in found} >= {*KINDS, "exchange_to_mediate"}
    for row in found:
        letter = post.read(row["kind"], msgspec.json.decode(row["facts"]), language)  # type: ignore[arg-type]
        assert "%(" not in letter.title + letter.text
        assert (letter.title + letter.text).isascii() is False or language == "en"


async def test_letters_before_the_agreement_name_the_owner_by_one_character(folk: People) -> None:
    exchange = await asked(folk)
    await news.tell(exchange, "exchange_declined", [folk.bob.id], NOW)
    rows = await sql.rows("SELECT person_id, facts ->> 'name' AS name FROM message ORDER BY kind")
    assert {row["person_id"]: row["name"] for row in rows} == {folk.bob.id: "C*", folk.carol.id: "Bob"}
