"""How refusals of series and of sessions that are edited, added or copied are told."""

from schedules.edits import CalledOffAlready, NotCovered, UnderWay
from schedules.revisions import SeriesEnded
from schedules.singles import NotPublic
from schedules.tasks import NotTaken, TaskFull, TaskOver, TaskTaken
from timebank.actions.activities.plan_series import ActivityOver
from timebank.web.refusals import tell
from timebank.web.words import _

tell(CalledOffAlready, 409, _("This session was called off and is not changed any more."), _("Copy it to another day instead."))
tell(
    UnderWay,
    409,
    _("People have come to this session: its time and place stand."),
    _("Plan what comes after it as a further date."),
)
tell(
    NotCovered,
    409,
    _("The insurance of this activity does not cover that day."),
    _("Choose a day that it covers, or plan the activity anew with an insurance that goes on."),
)
tell(SeriesEnded, 409, _("This series has ended."), _("Plan a new one from the activity's page."))
tell(NotPublic, 409, _("The activity is not public."), _("Change the draft instead; a called-off activity is planned anew."))
tell(ActivityOver, 409, _("The activity was called off: nothing of it comes again."), _("Copy it and plan it anew."))
tell(TaskFull, 409, _("Somebody else has taken this task."), _("Look for another one on the activity's page."))
tell(TaskOver, 409, _("This task is over."), _("Look for another one on the activity's page."))
tell(TaskTaken, 409, _("You have taken this task already."), _("Propose another time, or wait until one is agreed."))
tell(NotTaken, 409, _("This task is not taken, or a time is agreed already."), _("Reload the page to see how it stands."))
