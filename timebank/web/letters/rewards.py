"""Letters about points that expire and rewards that wait."""

from __future__ import annotations

from timebank.web import formats
from timebank.web.post import Facts, letter
from timebank.web.words import Language, _


def _points(facts: Facts, language: Language) -> dict[str, object]:
    unit = str(facts["unit"] if language == "zh" else facts["unit_en"])
    return {"points": formats.points(facts["units"], language), "unit": formats.unit_of(facts["units"], unit, language)}


letter(
    "order_lapses",
    _("Waiting for you: %(reward)s"),
    _("%(reward)s waits at %(place)s until %(expires_at)s. If you do not fetch it by then, your points are free again."),
)
letter(
    "redemption_refunded",
    _("Taken back: %(reward)s"),
    _("Yours again: %(points)s %(unit)s. The keeper of %(place)s writes: %(reason)s"),
    retell=_points,
)
letter(
    "points_expire",
    _("%(points)s %(unit)s will expire on %(expires_at)s"),
    _(
        "If you spend nothing before, %(points)s %(unit)s will expire on %(expires_at)s. Your hours stay. "
        "What you can get for them stands on the page of rewards."
    ),
    retell=_points,
)
