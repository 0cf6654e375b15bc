"""Refusals of those who set the rules of rooms, their parts and what can be borrowed with them."""

from __future__ import annotations

from typing import Any

from schedules.parts import NoPart, PartsTaken, TooFewUnits
from schedules.space_rules import WrongRule
from timebank.actions.rooms.booking_groups import NoSuchMember
from timebank.people.groups import GroupNameNeeded, GroupNameTaken
from timebank.web.readers import Reader
from timebank.web.refusals import tell
from timebank.web.words import Language, _


def parts_taken(refused: PartsTaken, language: Language) -> dict[str, Any]:
    reader = Reader(language, refused.time_zone)
    return {"detail": reader.say(_("Look at what is planned on %(day)s."), day=reader.moment(refused.starts_at))}


def too_few_units(refused: TooFewUnits, language: Language) -> dict[str, Any]:
    reader = Reader(language, refused.time_zone)
    return {
        "detail": reader.say(
            _("From %(start)s on more than %(units)s are in use."), start=reader.moment(refused.starts_at), units=refused.units
        )
    }


tell(
    PartsTaken,
    409,
    _("Something that is planned would not have its time any more."),
    _("Move it or cancel it first."),
    retell=parts_taken,
)
tell(
    TooFewUnits, 409, _("More are in use than there would be."), _("Cancel bookings first, or keep more."), retell=too_few_units
)
tell(
    NoPart,
    400,
    _("This room cannot be divided so."),
    _("Parts are other rooms of the same community, without parts or places of their own."),
)
tell(WrongRule, 400, _("The parts of this rule do not go together."), _("Look at the marked field."))
tell(NoSuchMember, 404, _("No member has this number."), _("The number stands on the member's pass, for example 1234."))
tell(GroupNameTaken, 409, _("The community has a group of this name already."), _("Choose another name."))
tell(GroupNameNeeded, 400, _("The group needs a name."), _("Write what people call it."))
