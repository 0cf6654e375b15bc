"""The text message that carries a one-time code, and its way to the phone."""

from __future__ import annotations

import uuid

from timebank.actions.people.sign_in import Sent
from timebank.people import senders
from timebank.people.senders import Message
from timebank.settings import Settings
from timebank.web.words import Language, _, say

TEXT = _("%(code)s is your code for the time bank. It is good for 10 minutes. Tell it to nobody.")


def hand_over(sent: Sent, language: Language, settings: Settings) -> None:
    """Known and unknown numbers take the same course: what is sent is sent aside from the answer and its connection."""
    text = say(language, TEXT, code=sent.code)
    message = Message(
        id=uuid.uuid4().hex, kind="code", phone=sent.phone, language=language, title=text, text=text, code=sent.code
    )
    senders.hand_over(settings, message if sent.member_id else None)


def shown(sent: Sent, settings: Settings) -> str:
    """The code itself where the installation is a demo or a test; in production never. Empty for a number that nobody has."""
    return sent.code if settings.mode != "production" and sent.member_id else ""
