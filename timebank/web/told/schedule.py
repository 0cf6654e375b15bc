"""How refusals of activities, sessions and sign-ups are told. The answers to "may I sign up?" have their names as codes."""

from schedules.activities import AlreadyOver, NotADraft, Unfinished
from schedules.answers import (
    ActivityCancelled,
    Blocked,
    Collides,
    Full,
    NotYet,
    Offered,
    Rejected,
    Requested,
    SignedUp,
    SignUpEnded,
    Waiting,
    WaitlistOpen,
)
from schedules.calling_off import PeopleCame, SessionOver
from schedules.offers import NotOffered, OfferRanOut
from schedules.requests import NotRequested, RequestLapsed
from schedules.signups import HasAttended, NotSignedUp, WithdrawTooLate
from schedules.wordings import NotPublic, RewordedMeanwhile
from timebank.actions.activities.plan_activity import RoomElsewhere
from timebank.web.refusals import tell
from timebank.web.words import _

tell(ActivityCancelled, 409, _("This session was called off."), _("Look for another one on the board."))
tell(SignedUp, 409, _("You are signed up for this session."), _("Nothing needs to be done; it stands on your page."))
tell(Requested, 409, _("You asked for a place; the organiser decides."), _("Wait for the answer; it will stand on your page."))
tell(Waiting, 409, _("You are on the waiting list."), _("Wait until a place becomes free."))
tell(Offered, 409, _("A place is held for you."), _("Accept it on your page before it goes to the next."))
tell(SignUpEnded, 409, _("Sign-up is over."), _("Ask the organiser, or look for the next session."), code="ended")
tell(Blocked, 409, _("You cannot sign up at present."), _("Talk to the coordinator of your community."))
tell(
    Collides,
    409,
    _("At that time you are signed up for “%(title)s”."),
    _("Withdraw there first, or choose another session."),
)
tell(NotYet, 409, _("Sign-up is not open yet."), _("Come back when it opens; the time stands on the activity's page."))
tell(
    Rejected,
    409,
    _("The organiser has not approved your request; nobody asks twice here."),
    _("Look for another session on the board."),
)
tell(WaitlistOpen, 409, _("All places are taken."), _("Join the waiting list: you are asked when a place becomes free."))
tell(OfferRanOut, 409, _("The time to accept this place is over."), _("It went to the next in line; you stay on the list."))
tell(NotOffered, 409, _("No place is held for you at present."), _("Reload the page to see how it stands."))
tell(NotRequested, 409, _("There is no request to decide any more."), _("Reload the page to see how it stands."))
tell(RequestLapsed, 409, _("It is too late to decide: the request has lapsed."), _("Sign the person up by hand if they came."))
tell(Full, 409, _("All places are taken."), _("Choose another role or another session."))
tell(
    WithdrawTooLate,
    409,
    _("It is too late to withdraw by yourself."),
    _("Tell the person in charge that you cannot come; they can take you off the list."),
)
tell(HasAttended, 409, _("This person was checked in: the place was used."), _("Check out at the place instead."))
tell(NotSignedUp, 409, _("There is no sign-up to take back any more."), _("Reload the page to see how it stands."))
tell(
    NotADraft,
    409,
    _("This is public already and cannot be rewritten."),
    _("Its words, dates and rules are changed on its page; for anything else, copy it and publish the copy."),
)
tell(Unfinished, 409, _("Something is missing before this can be published."), _("Fill in what is marked, then publish again."))
tell(
    NotPublic,
    409,
    _("Only a public activity is reworded here."),
    _("A draft is changed on its own page; what was called off stays as it was."),
)
tell(
    RewordedMeanwhile,
    409,
    _("Somebody else has changed these words meanwhile."),
    _("Compare yours with what it says now, then save again."),
)
tell(AlreadyOver, 409, _("One of the sessions lies in the past."), _("Give it another date."))
tell(SessionOver, 409, _("This session is over."), _("What took place stays in the record."))
tell(
    PeopleCame,
    409,
    _("People have come to this session: it cannot be called off."),
    _("Check them out and close the day instead."),
)
tell(
    RoomElsewhere,
    409,
    _("The room “%(space)s” belongs to another community."),
    _("Choose a room of your own community, or of one above or below it."),
)
