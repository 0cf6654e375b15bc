"""Letters about sign-ups: the waiting list, decisions, and sessions that do not take place."""

from timebank.web.post import letter
from timebank.web.words import _

letter(
    "place_offered",
    _("A place for you: %(title)s"),
    _(
        "A place as %(role)s has become free: %(title)s, %(when)s, %(place)s. It is held for you until %(until_at)s. "
        "Accept it on the activity's page, or let it go to the next in line."
    ),
)
letter(
    "offer_ran_out",
    _("The place was not taken: %(title)s"),
    _(
        "The place that was held for you (%(title)s, %(when)s) went to the next in line. You stay on the waiting list and "
        "may be offered another one. If you no longer want to come, leave the list on the activity's page."
    ),
)
letter(
    "request_made",
    _("%(name)s would like to come: %(title)s"),
    _("%(name)s asks for a place as %(role)s: %(title)s, %(when)s. Approve or reject it before the session starts."),
)
letter(
    "request_approved",
    _("You have a place: %(title)s"),
    _("The organiser has approved your request: %(title)s, %(when)s, %(place)s. Your task: %(role)s."),
)
letter(
    "request_rejected",
    _("No place this time: %(title)s"),
    _("The organiser has not approved your request (%(title)s, %(when)s). The reason: %(reason)s"),
)
letter(
    "request_lapsed",
    _("Nobody decided in time: %(title)s"),
    _("Your request (%(title)s, %(when)s) was not decided before the start and has lapsed. It does not count against you."),
)
letter(
    "place_taken_back",
    _("You are no longer on the list: %(title)s"),
    _("The organiser has taken you off the list (%(title)s, %(when)s). The reason: %(reason)s"),
)
letter(
    "session_called_off",
    _("Called off: %(title)s"),
    _("%(title)s, %(when)s, %(place)s does not take place. The reason: %(reason)s"),
)
