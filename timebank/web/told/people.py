"""How refusals of sign-in, members, roles and devices are told."""

from timebank.actions.community.communities import CommunityNameNeeded
from timebank.actions.community.founding import FoundedBefore
from timebank.actions.people.members import ReasonNeeded
from timebank.actions.people.sign_in import WrongPassword
from timebank.communities.tree import DoesNotFit
from timebank.people import pins
from timebank.people.devices import DeviceNameNeeded, DeviceRevoked, PlaceNeeded, WrongPairingCode
from timebank.people.limits import TooManyTries
from timebank.people.members import GuardianNeeded, NameNeeded, NotABirth, PhoneTaken
from timebank.people.passwords import PasswordTooLong, PasswordTooShort
from timebank.people.phone_codes import WrongCode
from timebank.people.phones import NotAPhoneNumber
from timebank.people.pins import PinLocked, PinNotFit, PinNotSet, WrongPin
from timebank.people.roles import OwnRole, RoleHeld
from timebank.points.recruits import RecruiterUnfit, RecruitsOff
from timebank.web.refusals import tell
from timebank.web.words import Language, _, say

tell(NotAPhoneNumber, 400, _("This is not a phone number."), _("Type the digits only, for example 13800138000."))
tell(WrongCode, 409, _("This code is wrong or too old."), _("Check the newest message, or ask for another code."))
tell(WrongPassword, 409, _("Phone number and password do not belong together."), _("Check both, or sign in with a code."))
LONG = 90
"""Minutes: a longer wait is told in hours."""


def _hours(minutes: int) -> int:
    return -(-minutes // 60)


def _wait(refusal: TooManyTries, language: Language) -> dict[str, str]:
    minutes = int(refusal.facts["minutes"])
    if minutes <= LONG:
        return {}
    return {"detail": say(language, _("Wait %(hours)s hours, then try again."), hours=_hours(minutes))}


tell(TooManyTries, 429, _("Too many tries."), _("Wait %(minutes)s min, then try again."), retry_after=60, retell=_wait)
tell(
    PasswordTooShort, 400, _("This password is too short."), _("Take at least 8 characters: a short sentence is easy to keep.")
)
tell(PasswordTooLong, 400, _("This password is too long."), _("Take at most 128 characters."))
tell(
    PinNotFit,
    400,
    _("This PIN is too easy to guess, or not six digits."),
    _("Take six digits that are not all the same and not in a row."),
)


def _tries_left(refusal: WrongPin, language: Language) -> dict[str, str]:
    """From the third wrong one on, how many are left."""
    words = {
        0: _("That was the last try. Wait %(minutes)s min, or ask the coordinator for a new PIN."),
        1: _("One try is left. Is it this card? The coordinator can set a new PIN."),
        2: _("2 tries are left. Is it this card? The coordinator can set a new PIN."),
    }
    facts = refusal.facts
    said = words.get(facts.get("tries_left", pins.TRIES))
    if facts.get("is_device"):
        said = _("Too many wrong PINs at this screen. It takes one again in %(minutes)s min; the counter can help meanwhile.")
    elif facts.get("minutes", 0) > LONG:
        said = _("That was the last try. Wait %(hours)s hours, or ask the coordinator for a new PIN.")
    return {"detail": say(language, said, hours=_hours(facts.get("minutes", 0)), **facts)} if said else {}


tell(WrongPin, 409, _("This PIN is wrong."), _("Try again, or ask the coordinator for a new one."), retell=_tries_left)


def _locked(refusal: PinLocked, language: Language) -> dict[str, str]:
    """The screen's tries are gone, not the card's; or it is a matter of hours."""
    minutes = int(refusal.facts["minutes"])
    if refusal.facts["is_device"]:
        said = _("It takes one again in %(minutes)s min; the counter can help meanwhile.")
        return {
            "title": say(language, _("Too many wrong PINs at this screen.")),
            "detail": say(language, said, minutes=minutes),
        }
    if minutes <= LONG:
        return {}
    said = _("Wait %(hours)s hours, or ask the coordinator for a new PIN: with it the card opens at once.")
    return {"detail": say(language, said, hours=_hours(minutes))}


tell(
    PinLocked,
    429,
    _("This card is locked: a wrong PIN was typed too often."),
    _("Wait %(minutes)s min, or ask the coordinator for a new PIN: with it the card opens at once."),
    code="too_many_tries",
    retry_after=60,
    retell=_locked,
)
tell(PinNotSet, 409, _("This card has no PIN yet."), _("The coordinator sets one with you, in a minute."))
tell(NameNeeded, 400, _("The name of the person is missing."), _("Type the name as the person says it."))
tell(PhoneTaken, 409, _("Another member has this number."), _("Search for the number: perhaps the person is a member already."))
tell(NotABirth, 400, _("This cannot be a day of birth."), _("It lies in the future: look at the year."))
tell(
    GuardianNeeded,
    409,
    _("Children under fourteen need a guardian's consent."),
    _("Enter below who has agreed, and how; without it nothing about the child is kept."),
)
tell(
    RecruiterUnfit,
    400,
    _("This member cannot have brought them along."),
    _("Look at the number again. It is nobody of the new member's household or of yours: then leave it empty."),
)
tell(
    RecruitsOff,
    400,
    _("The rules here pay nothing for bringing somebody along."),
    _("Leave the number empty: nothing of it is kept."),
)
tell(ReasonNeeded, 400, _("The reason is missing."), _("Write why; only staff will read it."))
tell(RoleHeld, 409, _("This person has the role there already."), _("Nothing needs to be done."))
tell(OwnRole, 403, _("Nobody gives or takes roles of their own."), _("Ask another coordinator to do it."), code="four_eyes")
tell(DeviceNameNeeded, 400, _("The device has no name."), _("Give it the name of the place where it stands."))
tell(
    PlaceNeeded,
    400,
    _("A kiosk stands at a place with stock, a desk does not."),
    _("Choose the place for a kiosk, none for a desk."),
)
tell(
    WrongPairingCode,
    409,
    _("No device waits for this code."),
    _("Ask the coordinator for a new one: a code is good for 15 minutes, once."),
)
tell(DeviceRevoked, 409, _("This device was withdrawn."), _("Register it anew."))
tell(
    DoesNotFit,
    409,
    _("A community of this kind cannot stand there."),
    _("A sub-district holds communities, they hold grids, grids hold buildings."),
)
tell(CommunityNameNeeded, 400, _("The community has no name."), _("Type the name as people say it."))
tell(
    FoundedBefore,
    409,
    _("A community was founded here before."),
    _("Its coordinator makes the next ones below it, in the office."),
)
