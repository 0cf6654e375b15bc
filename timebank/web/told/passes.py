"""How refusals of phone passes and of keys are told."""

from timebank.people.phone_passes import NotAPhoneKey, TooManyPhones
from timebank.web.refusals import tell
from timebank.web.words import _

tell(NotAPhoneKey, 400, _("This is not the key of a phone."), _("Open “My pass” on the phone and try once more."))
tell(
    TooManyPhones, 409, _("%(most)s phones are your pass already."), _("Take one back that you no longer use, then try again.")
)
