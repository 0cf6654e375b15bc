"""Refusals at the door of a room and in the line for one."""

from __future__ import annotations

from typing import Any

from schedules.errors import Refusal
from schedules.intervals import Interval
from schedules.room_offers import RoomOfferGone
from schedules.room_parties import NobodyOfThatPhone, PartyFull
from schedules.room_releases import TakenMeanwhile
from schedules.room_stays import (
    CheckInTooEarly,
    CheckInTooLate,
    NoBookingHere,
    NotThere,
    NotYourBooking,
    OtherRoom,
)
from schedules.room_wishes import DoesNotFitThere, NothingToWaitFor, TooManyWishes
from timebank.web.readers import Reader
from timebank.web.refusals import tell
from timebank.web.words import Language, _


def too_early(refused: CheckInTooEarly, language: Language) -> dict[str, Any]:
    """From when on, for which booking."""
    reader = Reader(language, refused.time_zone)
    return {
        "detail": reader.say(
            _("Your booking is %(when)s. Check-in opens at %(time)s: come back then."),
            when=_when(reader, refused),
            time=reader.clock(refused.opens_at),
        )
    }


def too_late(refused: CheckInTooLate, language: Language) -> dict[str, Any]:
    reader = Reader(language, refused.time_zone)
    return {
        "detail": reader.say(
            _(
                "Check-in for %(when)s closed at %(time)s, and the rest is free for others. If nobody has it yet, take it "
                "again."
            ),
            when=_when(reader, refused),
            time=reader.clock(refused.closed_at),
        )
    }


def other_room(refused: OtherRoom, language: Language) -> dict[str, Any]:
    """Which room is yours, and until when (booking-95)."""
    reader = Reader(language, refused.time_zone)
    room = reader.either(refused.space, refused.space_en)
    return {
        "title": reader.say(_("This is another room. Yours is %(room)s."), room=room),
        "detail": reader.say(
            _("%(room)s is yours %(when)s. Scan the code at its door."), room=room, when=_when(reader, refused)
        ),
    }


def not_yours(refused: NotYourBooking, language: Language) -> dict[str, Any]:
    reader = Reader(language, refused.time_zone)
    return {
        "detail": reader.say(
            _("It is theirs until %(time)s. If you belong to them, ask them to name you on the booking's page."),
            time=reader.clock(refused.ends_at),
        )
    }


def nothing_to_wait_for(refused: NothingToWaitFor, language: Language) -> dict[str, Any]:
    reader = Reader(language, refused.time_zone)
    return {
        "detail": reader.say(
            _("%(room)s is free %(when)s: book it."),
            room=reader.either(refused.space, refused.space_en),
            when=_when(reader, refused),
        )
    }


def _when(reader: Reader, refused: Refusal) -> str:
    return reader.span(Interval(refused.starts_at, refused.ends_at))


tell(CheckInTooEarly, 409, _("You are too early."), _("Come back when check-in opens."), retell=too_early)
tell(CheckInTooLate, 409, _("You are too late to check in."), _("Take the rest again if it is free."), retell=too_late)
tell(OtherRoom, 409, _("This is another room."), _("Go to the room that you booked."), retell=other_room)
tell(NotYourBooking, 403, _("Somebody else has this room now."), _("Ask them to name you."), retell=not_yours)
tell(
    NoBookingHere,
    404,
    _("You have no booking in this room today."),
    _("See what is free and book it, or look at your bookings for the right room and day."),
)
tell(NotThere, 409, _("This booking cannot be changed like this any more."), _("Look at the booking for what became of it."))
tell(TakenMeanwhile, 409, _("The rest of your time is somebody else's now."), _("See which other time or room is free."))
tell(RoomOfferGone, 409, _("This offer has run out or was answered."), _("Look at what you wait for: you may be asked again."))
tell(TooManyWishes, 409, _("Your household waits for %(most)s rooms already."), _("Stop waiting for one of them first."))
tell(
    DoesNotFitThere,
    400,
    _("That long does not fit between these times."),
    _("Choose a time to come, of at most two weeks, with enough room in it."),
)
tell(NothingToWaitFor, 409, _("You need not wait."), _("It is free: book it."), retell=nothing_to_wait_for)
tell(NobodyOfThatPhone, 404, _("Nobody here has this phone number."), _("Check the number; it must be that of a member."))
tell(PartyFull, 409, _("This booking has named as many people as it may."), _("Take somebody off the list first."))
