"""What was answered at the door of a session, who still owes answers, and writing them down afterwards (checkin-33)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import door_questions, rosters
from schedules.asked_answers import Answer
from schedules.decision import Place
from schedules.door_questions import Answered, Question
from schedules.errors import NotFound
from schedules.sessions import Session
from timebank.actions.action import action
from timebank.actions.activities.see_activity import Person, named
from timebank.actions.signups.reach import run_by
from timebank.people import audit
from timebank.people.callers import Caller


class Owes(msgspec.Struct, frozen=True):
    """Somebody who was let in without an answer, and the questions that stay open."""

    signup_id: UUID
    person: Person
    questions: tuple[Question, ...]


class Gave(msgspec.Struct, frozen=True):
    """Somebody and what they answered."""

    person: Person
    answers: list[Answered]


class DoorAnswers(msgspec.Struct, frozen=True):
    """`owes`: who was let in without having answered; `gave`: everybody's last answers, by sign-up."""

    session: Session
    owes: list[Owes]
    gave: list[Gave]


@action
async def see_door_answers(caller: Caller, session_id: UUID) -> DoorAnswers:
    """For who runs the session. Raises SignInNeeded, NotAllowed, NotFound."""
    session = await run_by(caller, session_id)
    signups = {each.id: each.person_id for each in await rosters.of_session(session_id)}
    people = await named(list(signups.values()))
    owed = await door_questions.owed(session_id)
    worded = {each.id: each for each in await door_questions.worded(list({name for names in owed.values() for name in names}))}
    given: dict[UUID, list[Answered]] = {}
    for answered in await door_questions.answers_of(session_id):
        given.setdefault(answered.signup_id, []).append(answered)
    return DoorAnswers(
        session,
        [Owes(each, people[signups[each]], tuple(worded[name] for name in names)) for each, names in owed.items()],
        [Gave(people[signups[each]], answers) for each, answers in given.items()],
    )


@action
async def write_door_answers(caller: Caller, signup_id: UUID, answers: Mapping[str, Answer], now: datetime) -> DoorAnswers:
    """Writes down what somebody answered after all; what does not fit stays open. Safe to repeat: what is answered is left.

    Raises SignInNeeded, NotAllowed, NotFound.
    """
    signup = await rosters.find(signup_id)
    session = await run_by(caller, signup.session_id)
    still = (await door_questions.owed(session.id)).get(signup_id)
    if still is None:
        raise NotFound(what="signup")
    place = Place(
        session=str(session.id),
        opens_at=session.opens_at,
        starts_at=session.starts_at,
        closes_at=session.closes_at,
        questions=tuple(each.asked for each in await door_questions.worded(still)),
    )
    await door_questions.answer(place, signup_id, signup.person_id, answers, now, written_by=caller.member())
    await audit.write(
        caller.id, "signup.door_answers", f"signup:{signup_id}", now, on_behalf_of=signup.person_id, questions=list(answers)
    )
    return await see_door_answers.act(caller, session.id)
