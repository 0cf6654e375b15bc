"""How refusals about skills, experience, briefings, teams and partners are told."""

from typing import Any

from schedules.answers import ExperienceNeeded, QualificationMissing, RoleMissing
from schedules.needs import MinimumBeyondPlaces
from schedules.signups import BriefingUnread
from timebank.actions.activities.cover import NothingToCover
from timebank.communities.partners import PartnerKnown
from timebank.people.briefing_codes import BriefingOver, BriefingWithdrawn, NotByBriefing
from timebank.people.held_skills import HasRunOut, OwnSkill
from timebank.people.skills import SkillKnown
from timebank.people.teams import NotSo, TeamClosed, TeamKnown
from timebank.people.trusted_groups import GroupKnown
from timebank.web.refusals import tell
from timebank.web.words import Language, _, ngettext, numbered, say


def _named(refusal: Any, language: Language) -> dict[str, Any]:
    """The skills by name in the title, and the way to each of them as the next step."""
    names = [(need.name_en or need.name) if language == "en" else need.name for need in refusal.skills]
    ways = [(need.way_en or need.way) if language == "en" else (need.way or need.way_en) for need in refusal.skills]
    skills = (", " if language == "en" else "、").join(names)
    title = (
        _("This place needs a skill that nobody has confirmed for you: %(skills)s.")
        if isinstance(refusal, RoleMissing)
        else _("Your proof is not valid any more on the day of the session: %(skills)s.")
    )
    known = [way for way in ways if way]
    return {"title": say(language, title, skills=skills)} | ({"detail": " ".join(known)} if known else {})


tell(
    RoleMissing,
    409,
    _("This place needs a skill that nobody has confirmed for you."),
    _("“My skills” on your page says how to get it confirmed; the other places of the session are open."),
    retell=_named,
)
tell(
    QualificationMissing,
    409,
    _("Your proof is not valid any more on the day of the session."),
    _("Have it renewed; “My skills” on your page says how."),
    retell=_named,
)
tell(
    ExperienceNeeded,
    409,
    _("The last place is kept for somebody who has been here before."),
    _("Choose another session; once somebody experienced has signed up, this place is open to everybody."),
)
tell(
    BriefingUnread,
    409,
    _("There is a briefing to be read before you sign up."),
    _("Read it on the activity's page, tick that you did, and sign up again."),
)
tell(
    MinimumBeyondPlaces,
    400,
    numbered(
        "places",
        ngettext(
            "A session has one place only: it can never have %(minimum)s people.",
            "A session has %(places)s places only: it can never have %(minimum)s people.",
        ),
    ),
    _("Ask for fewer people, or give the sessions more places first."),
)
tell(SkillKnown, 409, _("There is a skill of this name already."), _("Use that one, or choose another name."))
tell(
    OwnSkill,
    409,
    _("Nobody confirms a skill of their own."),
    _("Ask a colleague to confirm it."),
)
tell(
    HasRunOut,
    409,
    _("This day is over: the confirmation would have run out already."),
    _("Give the last day on which the certificate is valid."),
)
tell(
    BriefingOver,
    409,
    _("This code has run out."),
    _("Ask %(issuer)s to show a new one."),
)
tell(BriefingWithdrawn, 409, _("This code was taken back."), _("Ask %(issuer)s to show a new one."))
tell(
    NotByBriefing,
    409,
    _("This skill is confirmed by staff, not by a code."),
    _("Choose another skill, or ask the coordinator to allow a code for it."),
)
tell(
    NothingToCover,
    409,
    _("There is nothing to cover here."),
    _("The role is full, or the session has begun or was called off."),
)
tell(GroupKnown, 409, _("There is a group of this name already."), _("Use that one, or choose another name."))
tell(PartnerKnown, 409, _("There is a partner of this name already."), _("Use that one, or choose another name."))
tell(TeamKnown, 409, _("There is a team of this name already."), _("Use that one, or choose another name."))
tell(TeamClosed, 409, _("This team takes nobody in at present."), _("Look at the other teams, or ask the coordinator."))
tell(NotSo, 409, _("This does not fit how the person stands to the team."), _("Reload the page to see how it stands."))
