"""Refusals of those who change the rules of a community."""

from timebank.actions.community.set_policy import NotFollowed, NothingChanges, PublicTextNeeded, RulesMoved, TooSudden
from timebank.web.refusals import tell
from timebank.web.words import _

tell(
    RulesMoved,
    409,
    _("Somebody has published other rules for that day in the meantime."),
    _("Nothing was published. Look at what would change once more; what you typed is still here."),
)
tell(NothingChanges, 409, _("These rules hold already, word for word."), _("Nothing was published. Change something first."))
tell(
    NotFollowed,
    400,
    _("This setting has no effect yet, so it cannot be changed."),
    _("Leave it as it is; members must not read what nobody does."),
)
tell(
    PublicTextNeeded,
    400,
    _("The text for members cannot be read, or is missing."),
    _("Say in a few sentences, in Chinese and in English, what holds from that day on."),
)
tell(
    TooSudden,
    409,
    _("An hour would earn more than twice as much from today on."),
    _("Let these rules begin tomorrow: until then a slip can be put right, and members can read them."),
)
