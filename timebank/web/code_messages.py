"""The text message that carries a one-time code, and its sending after the answer has gone."""

from __future__ import annotations

from litestar.background_tasks import BackgroundTask

from timebank.actions.sign_in import Sent
from timebank.people import senders
from timebank.people.senders import Message
from timebank.settings import Settings
from timebank.web.words import Language, _, say

TEXT = _("%(code)s is your code for the time bank. It is good for 10 minutes. Tell it to nobody.")


def sending(sent: Sent, language: Language, settings: Settings) -> BackgroundTask | None:
    """Runs once the answer is on its way, so that known and unknown numbers are answered in the same time."""
    if sent.member_id is None:
        return None
    message = Message(sent.phone, sent.code, language, say(language, TEXT, code=sent.code))
    return BackgroundTask(senders.send_quietly, settings, message)


def shown(sent: Sent, settings: Settings) -> str:
    """The code itself where the installation is a demo or a test; in production never. Empty for a number that nobody has."""
    return sent.code if settings.mode != "production" and sent.member_id else ""
