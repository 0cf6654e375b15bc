"""How refusals of phone passes and of keys are told."""

from timebank.people.pass_keys import KeySigns, MoreWouldDie
from timebank.people.phone_passes import NotAPhoneKey, PhoneOfAnother, TooManyPhones
from timebank.web.refusals import tell
from timebank.web.words import _

tell(NotAPhoneKey, 400, _("This is not the key of a phone."), _("Open “My pass” on the phone and try once more."))
tell(
    TooManyPhones, 409, _("%(most)s phones are your pass already."), _("Take one back that you no longer use, then try again.")
)
tell(
    MoreWouldDie,
    409,
    _("By now more depends on this key. Cards: %(cards)s; phones: %(phones)s."),
    _("Look at the numbers again, then decide."),
)
tell(
    KeySigns,
    409,
    _("This is the key that signs new passes."),
    _("Add a new key first. Then the cards of this one can be made anew, and it can be removed."),
)
tell(
    PhoneOfAnother,
    409,
    _("This phone is somebody else's pass."),
    _("Whoever used it before takes it back under “My pass”; then try again."),
)
