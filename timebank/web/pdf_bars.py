"""Bars on paper, as the pages draw them: from a common ground, upwards or below it, each with its value and its label."""

from __future__ import annotations

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import Color
from reportlab.lib.units import mm

from timebank.web.papers import Bars

HEIGHT, TOP, FOOT = 38 * mm, 10, 12
"""Points of paper; above and below the bars is room for what they say."""
GAP = 4
LETTERS = 6.5
ABOVE, BELOW, INK = Color(0.2, 0.45, 0.4), Color(0.72, 0.4, 0.3), Color(0.2, 0.2, 0.2)


def drawing(bars: Bars, width: float, font: str) -> Drawing:
    """As wide as it is told. What lies below the ground has another colour, and its value its sign."""
    picture = Drawing(width, HEIGHT)
    most, least = max(0, *bars.values), min(0, *bars.values)
    scale = (HEIGHT - TOP - FOOT - (LETTERS if least else 0)) / max(1, most - least)
    ground = FOOT + (LETTERS if least else 0) - least * scale
    step = width / max(1, len(bars.values))
    for number, (label, value, shown) in enumerate(zip(bars.labels, bars.values, bars.shown, strict=True)):
        left, tall = number * step, abs(value) * scale
        bottom = ground if value >= 0 else ground - tall
        colour = ABOVE if value >= 0 else BELOW
        picture.add(Rect(left + GAP / 2, bottom, step - GAP, tall, fillColor=colour, strokeColor=None))
        if value:
            picture.add(_words(left + step / 2, bottom + tall + 2 if value > 0 else bottom - LETTERS, shown, font))
        picture.add(_words(left + step / 2, 2, label, font))
    picture.add(Line(0, ground, width, ground, strokeColor=INK, strokeWidth=0.5))
    return picture


def _words(middle: float, bottom: float, text: str, font: str) -> String:
    return String(middle, bottom, text, fontName=font, fontSize=LETTERS, textAnchor="middle", fillColor=INK)
