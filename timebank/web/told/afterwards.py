"""How refusals are told about what comes after a session: the roll, no-shows, hours and their second person."""

from schedules.absences import NotOnTheList, NotOverYet, WasThere
from schedules.leaving import LeftAtNotPossible
from schedules.no_shows import CannotDecide, NothingToDecide, ObjectionTooLate, SayWhy
from schedules.rolls import RollClosed, RollNotOpen
from timebank.actions.activities.see_participants import DaysNotPossible
from timebank.actions.hours.close_day import DayNotOver, NotService
from timebank.actions.hours.enter_hours import NobodyHasNumber
from timebank.actions.hours.leave_early import EndedAlready
from timebank.hours.alarms import OwnAlarm
from timebank.hours.entries import (
    DayNotPossible,
    EntryDecided,
    EntryPending,
    MinutesNotPossible,
    NothingChanged,
    OwnHours,
)
from timebank.hours.requests import CorrectionAsked, CorrectionTooLate
from timebank.web.refusals import tell
from timebank.web.words import _

tell(SayWhy, 400, _("Nothing is written here."), _("Fill it in: somebody reads it."))
tell(MinutesNotPossible, 400, _("These minutes are not possible."), _("Type whole minutes, %(longest)s at most."))
tell(NobodyHasNumber, 400, _("Nobody here has this number."), _("Look at the card: the number stands under the name."))
tell(DayNotPossible, 400, _("This day is not possible."), _("Choose a day of the past year."))
tell(DaysNotPossible, 400, _("These days are not possible."), _("Choose a first and a last day, a year apart at most."))
tell(LeftAtNotPossible, 400, _("This time is not possible."), _("Type a time between the check-in and now."))
tell(
    EndedAlready,
    409,
    _("The session is over: leaving early is no longer possible."),
    _("If the time of your check-out is wrong, ask for a correction on the page of your stay, or talk to the organiser."),
)
tell(
    NotOnTheList,
    409,
    _("This person had no place at this session."),
    _("Only who was signed up and confirmed can be missing."),
)
tell(WasThere, 409, _("This person was there, or is excused."), _("Look at the roll: it says when they came."))
tell(NotOverYet, 409, _("The session is not over: they may still come."), _("Report it after the end."))
tell(ObjectionTooLate, 409, _("The time to object is over."), _("Talk to the organiser: a mistake can still be put right."))
tell(CannotDecide, 409, _("Somebody else has to decide this."), _("Ask a colleague who neither reported it nor is concerned."))
tell(NothingToDecide, 409, _("This has been settled meanwhile."), _("Reload the page to see how it stands."))
tell(RollNotOpen, 409, _("The roll cannot be called yet."), _("Come back when the door is open."))
tell(
    RollClosed,
    409,
    _("It is too late to call the roll."),
    _("Enter the hours afterwards, with a reason; a second person approves them."),
)
tell(DayNotOver, 409, _("The session is not over."), _("Close the day after its end."))
tell(
    NotService,
    409,
    _("This activity gives no service record."),
    _("Only voluntary service is recorded; the roll shows who was there."),
)
tell(NothingChanged, 409, _("The record says so already."), _("Change something, or leave it as it is."))
tell(
    OwnHours,
    403,
    _("Somebody else has to decide about these hours."),
    _("Nobody decides what they entered, what is about themselves, their household, or a list they stand on."),
    code="four_eyes",
)
tell(
    OwnAlarm,
    409,
    _("Somebody else has to look at this."),
    _("It is about you, somebody you live with, or what you entered; ask another coordinator or an auditor."),
)
tell(EntryDecided, 409, _("This was decided already."), _("Reload the page to see how it stands."))
tell(EntryPending, 409, _("This waits for a second person already."), _("Wait for the decision."))
tell(CorrectionTooLate, 409, _("The time to ask for a correction is over."), _("Talk to the organiser."))
tell(
    CorrectionAsked,
    409,
    _("Nothing can be asked about this stay any more."),
    _("Look at your hours, or talk to the organiser."),
)
