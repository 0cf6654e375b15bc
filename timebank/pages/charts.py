"""Bars as SVG in the page: made on the server, no script, readable on paper. The figures stand in the table beside them."""

from __future__ import annotations

from markupsafe import Markup, escape

from timebank.web.papers import Bars

WIDTH, HEIGHT, TOP, FOOT = 480, 150, 18, 20
GAP = 8


def bars(asked: Bars) -> Markup:
    """A bar for each label, which a screen reader says one by one."""
    labels, values, shown = asked.labels, asked.values, asked.shown
    most, least = max(0, *values), min(0, *values)
    scale = (HEIGHT - TOP - FOOT) / max(1, most - least)
    ground = TOP + most * scale
    step = WIDTH / max(1, len(values))
    said = "; ".join(f"{label} {text}" for label, text, value in zip(labels, shown, values, strict=True) if value)
    drawn = [
        _bar(number * step, step, ground, value * scale, label, text if value else "")
        for number, (label, value, text) in enumerate(zip(labels, values, shown, strict=True))
    ]
    axis = f'<line class="axis" x1="0" y1="{ground:.1f}" x2="{WIDTH}" y2="{ground:.1f}"/>'
    return Markup(  # noqa: S704  numbers, and words that are escaped
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(asked.title)}: '
        f'{escape(said)}">{axis}{"".join(drawn)}</svg>'
    )


def _bar(left: float, step: float, ground: float, height: float, label: str, text: str) -> str:
    top, tall = (ground - height, height) if height >= 0 else (ground, -height)
    middle = left + step / 2
    said = f'<text x="{middle:.1f}" y="{top - 4:.1f}" text-anchor="middle">{escape(text)}</text>' if text else ""
    return (
        f'<rect class="{"bar" if height >= 0 else "bar below"}" x="{left + GAP / 2:.1f}" y="{top:.1f}" '
        f'width="{step - GAP:.1f}" height="{tall:.1f}"/>{said}'
        f'<text x="{middle:.1f}" y="{HEIGHT - 4}" text-anchor="middle">{escape(label)}</text>'
    )
