"""The drawings that come with the program, by name; pages show them from /static/rewards/<name>.svg."""

from __future__ import annotations

PICTURES = (
    "rice",
    "oil",
    "eggs",
    "tea",
    "soap",
    "towel",
    "toothpaste",
    "tissue",
    "thermos",
    "umbrella",
    "bus_card",
    "haircut",
    "plant",
    "notebook",
    "gift",
)
FALLBACK = "gift"
