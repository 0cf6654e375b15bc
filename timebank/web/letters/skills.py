"""Messages about skills, briefings, teams, and sessions that lack people."""

from timebank.web.post import letter
from timebank.web.words import _

letter(
    "skill_confirmed",
    _("Your skill “%(skill)s” is confirmed"),
    _("“%(skill)s” is confirmed for you. Places that need it are open to you now."),
)
letter(
    "skill_confirmed_until",
    _("Your skill “%(skill)s” is confirmed"),
    _("“%(skill)s” is confirmed for you until %(valid_on)s. Until then, places that need it are open to you."),
)
letter(
    "skill_withdrawn",
    _("“%(skill)s” is no longer confirmed"),
    _(
        "The confirmation of “%(skill)s” was taken back, because: %(reason)s Your sign-ups stand; the organiser will "
        "talk to you "
        "where a place needs it."
    ),
)
letter(
    "briefing_confirmed",
    _("Briefing confirmed: %(skill)s"),
    _("You were at the briefing by %(issuer)s. “%(skill)s” is confirmed for you."),
)
letter(
    "own_proof_expires",
    _("Your proof for “%(title)s” runs out before"),
    _(
        "You are signed up for “%(title)s”, %(when)s. Your proof of “%(skill)s” is valid until %(valid_on)s only. You "
        "keep your "
        "place; please have it renewed before, or talk to the organiser."
    ),
)
letter(
    "comer_proof_expires",
    _("A proof runs out before “%(title)s”"),
    _(
        "%(name)s is signed up for “%(title)s”, %(when)s, as %(role)s. The proof of “%(skill)s” is valid until "
        "%(valid_on)s only. "
        "The sign-up stands; you decide."
    ),
)
letter(
    "comer_lacks_skill",
    _("Somebody at “%(title)s” no longer holds “%(skill)s”"),
    _(
        "%(name)s is signed up for “%(title)s”, %(when)s, as %(role)s, and no longer holds “%(skill)s”. The sign-up "
        "stands; you decide."
    ),
)
letter(
    "session_lacks_people",
    _("“%(title)s” lacks people"),
    _("“%(title)s”, %(when)s: signed up %(coming)s, at least %(minimum)s are needed. You can ask suitable people to cover."),
)
letter(
    "session_lacks_leader",
    _("“%(title)s” has nobody to lead"),
    _("For “%(title)s”, %(when)s, nobody is signed up to lead yet; %(coming)s come. You can ask suitable people to cover."),
)
letter(
    "please_cover",
    _("Can you help out at “%(title)s”?"),
    _(
        "%(name)s asks whether you can help as %(role)s at “%(title)s”, %(when)s, %(place)s. If you can, sign up; if "
        "not, you need not "
        "do anything."
    ),
)
letter(
    "team_asked",
    _("%(name)s would like you in the team “%(team)s”"),
    _(
        "%(name)s suggests that you join the team “%(team)s”. %(note)s Say yes or no on the team's page; nothing "
        "happens without your yes."
    ),
)
letter(
    "team_chosen",
    _("You are in the team “%(team)s”"),
    _("You were chosen for the team “%(team)s”. Welcome! Its page says what is next."),
)
letter(
    "team_not_chosen",
    _("The team “%(team)s”: not this time"),
    _("You were not chosen for the team “%(team)s”, because: %(reason)s Thank you for offering."),
)
letter(
    "team_goes",
    _("Your team goes to “%(title)s”"),
    _(
        "%(name)s signs the team “%(team)s” up for “%(title)s”, %(when)s, %(place)s. No place is held for you: sign "
        "up yourself if you "
        "come along."
    ),
)
