"""When points are exchanged, as people read it."""

from __future__ import annotations

from datetime import date, time

import pytest

from timebank.rewards.windows import Repeats, Span
from timebank.web.reward_words import span_told


@pytest.mark.parametrize(
    ("repeats", "last", "english", "chinese"),
    [
        ("yearly", date(2026, 12, 31), "5 Jan – 31 Dec, every year from 2026 on", "1月5日 – 12月31日，自2026年起每年"),
        (
            "weekly",
            date(2026, 1, 9),
            "Monday – Friday, every week from Mon 5 Jan 2026 on",
            "星期一 – 星期五，自2026年1月5日 周一起每周",
        ),
        ("never", date(2026, 1, 5), "Mon 5 Jan 2026", "2026年1月5日 周一"),
    ],
)
def test_what_comes_again_names_weekdays_or_days_of_the_year(repeats: Repeats, last: date, english: str, chinese: str) -> None:
    span = Span(date(2026, 1, 5), last, repeats)
    assert (span_told(span, "en"), span_told(span, "zh")) == (english, chinese)


def test_hours_stand_between_the_days_and_how_often() -> None:
    span = Span(date(2026, 1, 5), date(2026, 1, 9), "monthly", time(9), time(17))
    assert span_told(span, "en") == "Mon 5 Jan 2026 – Fri 9 Jan 2026, 09:00–17:00, every month"
