"""Whatever is held up to a door is read, judged or refused; nothing of it is an error, and no code has a second spelling."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schedules import codes, phone_codes
from schedules.codes import Card, Phone
from tests.door.test_code_vectors import PUBLIC_KEYS, SERVER, WRITTEN
from tests.door.test_twins import spoiled
from timebank.people import signatures

NOW = datetime(2026, 11, 26, 1, tzinfo=UTC)
KEY = next(iter(PUBLIC_KEYS.values()))
SHOWN = ("card: as printed", "phone: as shown")
GOOD = {vector["read"]["kind"]: vector["raw"] for vector in WRITTEN["codes"] if vector["name"] in SHOWN}
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=400)
OURS = st.sampled_from(("TB1", "TB2", "/v/", "]Q1", "\\000026", "\uff34\uff22\uff12", ""))
some_time = settings(max_examples=150, deadline=None)


@some_time
@given(OURS, ANY_TEXT)
@example("", "\ud800" * 8000)
@example("", "\ufdfa" * 8000)
def test_any_text_is_read_and_kept(head: str, text: str) -> None:
    raw = head + text
    assert codes.read(codes.normal(raw)) == codes.read(raw)
    assert codes.normal(codes.normal(raw)) == codes.normal(raw)
    assert b"\0" not in codes.kept(raw).encode(), "the log holds text only"


@some_time
@given(st.sampled_from((("TB1", 145), ("TB2", phone_codes.LENGTH - 3))), st.data())
def test_what_only_looks_like_a_pass_is_never_signed(form: tuple[str, int], data: st.DataObject) -> None:
    head, length = form
    letters = data.draw(st.text(st.sampled_from(codes.BASE32), min_size=length, max_size=length))
    code = codes.read(head + letters)
    if isinstance(code, Card | Phone):
        assert not signatures.judged(code, code.server, KEY, NOW).is_signed


@some_time
@given(st.sampled_from(sorted(GOOD)), st.integers(0, 2**32))
def test_what_still_verifies_is_the_same_code(kind: str, seed: int) -> None:
    """checkin-67: a slip is either none of what is signed, or it is found."""
    code = codes.read(spoiled(random.Random(seed), GOOD[kind]))
    if isinstance(code, Card | Phone) and signatures.judged(code, SERVER, KEY, NOW).is_signed:
        assert code == codes.read(GOOD[kind])


@some_time
@given(st.integers(-(10**6), 10**6))
def test_a_proof_is_good_for_two_half_minutes_and_one_before(milliseconds: int) -> None:
    """checkin-73: never more than sixty seconds after it was made, never more than one half minute ahead."""
    phone = codes.read(GOOD["phone"])
    assert isinstance(phone, Phone)
    begun = timedelta(seconds=phone.step * phone_codes.STEP_SECONDS)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + begun + timedelta(milliseconds=milliseconds)
    assert phone_codes.is_fresh(phone, moment) is (-30_000 <= milliseconds < 60_000)
