"""Messages about passes: a phone became one, or all of them were withdrawn."""

from timebank.web.post import Facts, letter
from timebank.web.words import Language, _, say


def _label(facts: Facts, language: Language) -> dict[str, object]:
    return {"label": facts["label"] or say(language, "A phone")}


letter(
    "phone_is_pass",
    _("A phone is now your pass"),
    _(
        "%(label)s shows your pass from now on. If that was not you, open the list of your phones, take it back, and "
        "sign out elsewhere."
    ),
    retell=_label,
)
letter(
    "card_replaced",
    _("Your card was replaced"),
    _(
        "Staff made a new card for you; the old one opens nothing any more. Ask for the new card, or show your pass on “My "
        "page”. Phones with your pass, points and hours stay."
    ),
)
letter(
    "passes_withdrawn",
    _("Your passes were withdrawn"),
    _(
        "Your card and your phones open nothing any more, because staff withdrew them. Your points and hours stay. Ask "
        "staff for a new card."
    ),
)
