"""Refusals of rooms and bookings."""

from __future__ import annotations

from typing import Any

from schedules.booking_requests import Decided, OthersWouldLose
from schedules.bookings import BookingBegun, BookingOver, OnlyOffered
from schedules.closures import ClosureOver, InTheWay, NothingToClose
from schedules.intervals import Interval, NotAfterStart
from schedules.occupancy import OverlapsItself, SpaceTaken
from schedules.spaces import NameTaken, RulesClash
from schedules.walltimes import NoSuchTime
from schedules.wishes import NotBookable, OtherRoom
from timebank.actions.rooms.book_space import MemberSuspended, NobodyOfThatNumber
from timebank.actions.rooms.cancel_booking import WhyNeeded
from timebank.actions.rooms.keep_spaces import SpaceNameNeeded, WrongFigure, WrongHours, WrongTime
from timebank.web import why_not
from timebank.web.readers import Reader
from timebank.web.refusals import plain, tell
from timebank.web.words import Language, _


def not_bookable(refused: NotBookable, language: Language) -> dict[str, Any]:
    """Every broken rule with its sentence, and the times and rooms that would do."""
    reader = Reader(language, refused.time_zone)
    sentences = [why_not.sentence(broken, language, refused.time_zone) for broken in refused.broken]
    return {
        "title": reader.say(title_of(refused)),
        "detail": " ".join(
            [*sentences, *free_near(reader, refused.alternatives), *free_elsewhere(reader, refused.other_rooms)]
        ),
        "broken": [
            {"code": broken.code, "sentence": said, "data": plain(broken.data)}
            for broken, said in zip(refused.broken, sentences, strict=True)
        ],
    }


def title_of(refused: NotBookable) -> str:
    """The room is taken, or the rules say no."""
    return _("This time is taken.") if any(broken.code == "taken" for broken in refused.broken) else _("This cannot be booked.")


def free_near(reader: Reader, alternatives: list[Interval]) -> list[str]:
    return [reader.say(_("Free for you: %(times)s."), times=reader.several(alternatives))] if alternatives else []


def free_elsewhere(reader: Reader, rooms: list[OtherRoom]) -> list[str]:
    if not rooms:
        return []
    names = [reader.either(room.name, room.name_en) for room in rooms]
    return [
        reader.say(_("Free for you at that time: %(rooms)s."), rooms=("、" if reader.language == "zh" else ", ").join(names))
    ]


def space_taken(refused: SpaceTaken, language: Language) -> dict[str, Any]:
    """What stands there, and where the same length is free."""
    reader = Reader(language, refused.time_zone)
    standing = Interval(refused.use_from, refused.use_until)
    said = why_not.stands_there(reader, refused.kind, reader.either(refused.by, refused.by_en), standing)
    free = [reader.say(_("Free: %(times)s."), times=reader.several(refused.alternatives))] if refused.alternatives else []
    return {
        "title": reader.say(_("%(space)s is taken then."), space=reader.either(refused.space, refused.space_en)),
        "detail": " ".join([said, *free]),
    }


def in_the_way(refused: InTheWay, language: Language) -> dict[str, Any]:
    """What would have to give way."""
    reader = Reader(language, refused.time_zone)
    return {"detail": " ".join(in_the_way_lines(refused, reader))}


def in_the_way_lines(refused: InTheWay, reader: Reader) -> list[str]:
    return [
        why_not.stands_there(reader, found.kind, reader.either(found.label, found.label_en), found.use)
        for found in refused.standing
    ]


def no_such_time(refused: NoSuchTime, language: Language) -> dict[str, Any]:
    reader = Reader(language, refused.time_zone)
    return {"detail": why_not.no_such_time(reader, refused.facts)}


tell(NotBookable, 409, _("This cannot be booked."), _("Choose another time."), retell=not_bookable)
tell(SpaceTaken, 409, _("The room is taken then."), _("Choose another time or another room."), retell=space_taken)
tell(OverlapsItself, 409, _("Two of these times overlap each other."), _("Move one of them and send it again."))
tell(
    BookingBegun,
    409,
    _("This booking has begun and cannot be cancelled any more."),
    _("If you leave early, tell the coordinator."),
)
tell(
    OnlyOffered,
    409,
    _("This time is only offered and not booked, so there is nothing to cancel."),
    _("Whoever got the offer declines it on their own page."),
)
tell(BookingOver, 409, _("This booking cannot be changed any more."), _("Look at it again, or book anew."))
tell(Decided, 409, _("This request is decided already, or its time to be decided is over."), _("Look at the list again."))
tell(
    OthersWouldLose,
    409,
    _("Other requests overlap this one and would be rejected."),
    _("Look at them, then accept and say that you mean it."),
)
tell(NobodyOfThatNumber, 400, _("No member has this phone number."), _("Look at it again, or leave it empty."))
tell(MemberSuspended, 403, _("Your membership rests, so you cannot book."), _("Ask the coordinator of your community."))
tell(NameTaken, 409, _("The community has a room of this name already."), _("Choose another name."), code="space_name_taken")
tell(SpaceNameNeeded, 400, _("The room needs a name."), _("Write what people call it."))
tell(InTheWay, 409, _("Something stands in this time."), _("Choose what becomes of it."), retell=in_the_way)
tell(NothingToClose, 409, _("What stands there fills the whole time; nothing is left to close."), _("Choose another time."))
tell(ClosureOver, 400, _("This time is over already."), _("Choose a time to come."))
tell(WhyNeeded, 400, _("The reason is missing."), _("Say why in a few words: others read it."))
tell(NoSuchTime, 409, _("This time does not exist."), _("Choose another time."), retell=no_such_time)
tell(NotAfterStart, 400, _("The end must lie after the start."), _("Choose a later end."))
tell(WrongTime, 400, _("This is not a day or a time."), _("Choose a day, and times such as 18:00."))
tell(WrongFigure, 400, _("This figure does not fit."), _("Write a whole number from %(least)s to %(most)s."))
tell(WrongHours, 400, _("A line of the opening hours is not complete."), _("Line %(row)s needs days, and times such as 08:00."))
tell(
    RulesClash,
    400,
    _("The longest booking is too short."),
    _("It must have room for the shortest booking, in steps of the grid."),
)
