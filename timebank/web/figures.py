"""What the figures of the board are called."""

from __future__ import annotations

import msgspec

from timebank.actions.community.see_figures import Name
from timebank.web import formats, statements
from timebank.web.words import Language, _, say

TITLES: dict[Name, str] = {
    "hours": _("Hours given"),
    "issued": _("Points credited"),
    "redeemed": _("Points exchanged for rewards"),
    "expired": _("Points that expired"),
    "donated": _("Points donated to pools"),
    "pools": _("Points that pools hold"),
    "rooms": _("Use of rooms"),
}
MEANT: dict[Name, str] = {
    "hours": _("By the day of service. What was corrected counts as it stands now; what was withdrawn does not count."),
    "issued": _("By the day on which they were booked. What was taken back counts against it."),
    "redeemed": _("By the day on which they were exchanged. What was given back counts against it."),
    "expired": _("By the day on which they were booked out. What goes with a credit that was taken back counts against it."),
    "donated": _("By the day on which they were given. What was given back counts against it."),
    "pools": _("By the day on which they were booked. What pools gave out counts against it."),
    "rooms": _("Time for which rooms were booked and used, by the day of the start."),
}


class Words(msgspec.Struct, frozen=True):
    """The words of one figure in one language."""

    name: Name
    language: Language

    @property
    def title(self) -> str:
        return say(self.language, TITLES[self.name])

    @property
    def meant(self) -> str:
        return say(self.language, MEANT[self.name])

    def kind(self, word: str) -> str:
        """A kind of movement, or a class of hours."""
        if self.name == "hours":
            return say(self.language, statements.CLASSES[word.lower()])
        if self.name == "rooms":
            return say(self.language, _("Room booked and used"))
        return statements.kind(word, self.language)

    def amount(self, amount: int) -> str:
        """Hours, or points with their sign where they count against the figure."""
        sign = "−" if amount < 0 else ""
        return sign + (
            formats.hours(abs(amount), self.language)
            if self.name in ("hours", "rooms")
            else formats.points(abs(amount), self.language)
        )


def words(name: Name, language: Language) -> Words:
    """As a page asks for them."""
    return Words(name, language)
