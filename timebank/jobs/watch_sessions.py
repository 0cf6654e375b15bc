"""Organisers are warned of sessions that lack people (schedule-26), and they and members of certificates that run out (30)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schedules import lacking, shortage, sql
from schedules.lacking import Lack
from schedules.shortage import Shortage
from timebank.actions.activities.cover import facts
from timebank.database import transaction
from timebank.jobs import items
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import members

MOST = 2000


async def run(now: datetime) -> int:
    """Each session and sign-up in its own transaction; the message's key tells each once. How many were told of.

    Lists and pages look for themselves: nothing but the message waits for this.
    """
    risks = [(warning(each), each) for each in await shortage.at_risk(now, limit=MOST)]
    told = await _told([message.key for message, _ in risks])
    lacks = await lacking.expiring(now, MOST)
    told |= await _told([_key(each) for each in lacks])

    async def warn(risk: tuple[Message, Shortage]) -> None:
        async with transaction():
            await messages.promise([risk[0]], now)

    async def tell(lack: Lack) -> None:
        async with transaction():
            await messages.promise(await expiring(lack), now)

    count = await items.each(
        "watch sessions", [each for each in risks if each[0].key not in told], warn, now, name=lambda each: each[0].key
    )
    return count + await items.each("watch sessions", [each for each in lacks if _key(each) not in told], tell, now, name=_key)


async def _told(keys: Sequence[str]) -> set[str]:
    return {row["key"] for row in await sql.rows("SELECT key FROM message WHERE key = ANY($1)", list(keys))}


def warning(risk: Shortage) -> Message:
    """Once for a session at its time: moved to another, it is looked at anew."""
    return Message(
        key=f"at_risk:{risk.session_id}:{risk.starts_at.isoformat()}:{risk.organiser_id}",
        person_id=risk.organiser_id,
        kind="session_lacks_people" if risk.missing else "session_lacks_leader",
        facts={**facts(risk), "coming": risk.coming, "minimum": risk.minimum},
        path=f"/organise/sessions/{risk.session_id}",
        useful_until=risk.starts_at,
    )


def _key(lack: Lack) -> str:
    return f"proof_expires:{lack.signup_id}:{lack.skill_id}:{lack.valid_until}:{lack.person_id}"


async def expiring(lack: Lack) -> list[Message]:
    """To the member and to the organiser. The sign-up is not dropped."""
    said = {
        "title": lack.title,
        "title_en": lack.title_en,
        "starts_at": lack.starts_at.isoformat(),
        "ends_at": lack.ends_at.isoformat(),
        "time_zone": lack.time_zone,
        "name": (await members.one(lack.person_id)).name,
        "role": lack.role,
        "role_en": lack.role_en,
        "skill": lack.skill,
        "skill_en": lack.skill_en,
        "valid_on": lack.valid_until and lack.valid_until.isoformat(),
    }
    to_organiser = f"{_key(lack)}:organiser"
    return [
        Message(
            key=_key(lack),
            person_id=lack.person_id,
            kind="own_proof_expires",
            facts=said,
            path="/me/skills",
            useful_until=lack.starts_at,
        ),
        Message(
            key=to_organiser,
            person_id=lack.organiser_id,
            kind="comer_proof_expires",
            facts=said,
            path=f"/organise/sessions/{lack.session_id}",
            useful_until=lack.starts_at,
        ),
    ]
