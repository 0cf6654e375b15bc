"""All files of an export, and which tables that name members are in none of them."""

from __future__ import annotations

from timebank.actions.exports.of_people import PEOPLE
from timebank.actions.exports.of_points import POINTS
from timebank.actions.exports.of_rooms import ROOMS
from timebank.actions.exports.of_service import SERVICE

MEMBERS = (*PEOPLE, *SERVICE, *POINTS, *ROOMS)
"""In the order in which the README of an export names them."""

LEFT_OUT = {
    "credential": "secrets, as fingerprints",
    "feed": "secret addresses of calendars; what they show is in signups and bookings",
    "venue_ticket": "a ticket is good for one use of a minute",
    "kiosk_visit": "a visit ends within minutes; what was taken is in rewards_taken",
    "export": "files like this one",
    "entry_alarm": "what is looked into about somebody who enters hours, as long as it is looked into",
    "entry_alarm_note": "what is looked into about somebody who enters hours, as long as it is looked into",
    "closure_exempt": "is of a closure: whom it does not shut out",
    "briefing_code": "names who made it: a thing of the house; confirmations by it are in skill_steps",
    "calendar_day": "names who entered it: the public calendar",
    "desk_hand_in": "names who did it; the deed is in deeds",
    "door_conflict_seen": "names who did it; what came of it is in attendance",
    "finding_change": "names who did it: what was looked into at a door",
    "foreign_calendar": "names who read it: a thing of the house",
    "pair_note": "names who did it: what was looked into between two",
    "price_list": "names who changed it: a thing of the house",
    "proof": "names who asked for it; the deed is in deeds",
    "room_door": "names who changed it: a thing of the house",
    "series": "names who made it: its dates are in sessions",
    "space_rule": "names who made it: a thing of the house",
}
"""Tables that name members and are in no file of an export, each with why."""
