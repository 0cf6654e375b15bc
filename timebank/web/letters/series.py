"""Messages about activities that were reworded, sessions that were moved, and about series that need a hand."""

from timebank.web.post import Facts, letter
from timebank.web.words import Language, _, say

REWORDED = {"title": _("its name (before: “%(was)s”)"), "content": _("what is done"), "risks": _("the risks")}


def _what(facts: Facts, language: Language) -> dict[str, object]:
    """What reads otherwise now, in words; where nothing does in this language, what does in the other one."""
    own, other = (facts["fields"], "was"), (facts.get("fields_en", facts["fields"]), "was_en")
    if language == "en":
        own, other = other, own
    fields, was = own if own[0] else other
    said = [say(language, REWORDED[name], was=facts[was]) for name in fields]
    return {"what": ("、" if language == "zh" else ", ").join(said)}


letter(
    "activity_reworded",
    _("“%(title)s” has been described anew"),
    _(
        "Changed: %(what)s. Your sign-up stays as it is. Read it on its page; if it is not for you any more, give the place "
        "back there."
    ),
    retell=_what,
)

letter(
    "session_moved",
    _("“%(title)s” has moved"),
    _(
        "“%(title)s” is now %(when)s, %(place)s. Before it was %(was_at)s, %(was_place)s. Your sign-up stays as it is; if you "
        "cannot come, give the place back on its page."
    ),
)
letter(
    "session_moved_clash",
    _("“%(title)s” has moved – you have something else then"),
    _(
        "“%(title)s” is now %(when)s, %(place)s. Before it was %(was_at)s, %(was_place)s. At the new time you are also "
        "signed up for “%(clash)s”. Nothing was taken from you: choose one of them and give the other place back."
    ),
)
letter(
    "session_noted",
    _("A word about “%(title)s”"),
    _("About “%(title)s” (%(when)s, %(place)s): %(note)s"),
)
letter(
    "session_moved_clashes",
    _("“%(title)s”: some cannot come at the new time"),
    _(
        "“%(title)s” is now %(when)s. People signed up who have something else at that time: %(people)s. They were told and "
        "keep their places until they decide; look whether you still have enough."
    ),
)
letter(
    "series_no_room",
    _("“%(title)s” has no room on some dates"),
    _(
        "For “%(title)s” the room is taken on %(first_at)s (dates without it: %(dates)s). These dates stand, and people read "
        "“%(place)s” as the place. Choose another room or time for them, or call them off."
    ),
)
letter(
    "series_uncovered",
    _("“%(title)s”: the insurance ends"),
    _(
        "From %(from_on)s on the insurance of “%(title)s” covers no further session, so none is planned. Plan the activity "
        "anew with an insurance that goes on."
    ),
)
