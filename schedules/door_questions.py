"""What an activity asks at the door, and what was answered there, for one sign-up: with a scan or written later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID, uuid4

import msgspec
from asyncpg import Record
from msgspec import Meta

from schedules import asked_answers, decision, needs, sql
from schedules.asked_answers import Answer
from schedules.errors import Malformed

Kind = Literal["acknowledge", "text", "number", "choice"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST = 10
LONGEST = 500
"""Characters of a text that somebody answers; what delivers it holds to that."""
BRIEFING = "briefing:"
"""What stands before the id of a briefing that is asked as a question."""

Words = Annotated[str, Meta(max_length=300)]
Choices = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...], Meta(max_length=20)]


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question as its organiser writes it. `choices` only of kind `choice`: two at least, `choices_en` none or as many."""

    kind: Kind
    text: Annotated[str, Meta(min_length=1, max_length=300, pattern=r"\S")]
    text_en: Words = ""
    choices: Choices = ()
    choices_en: Choices = ()
    is_required: bool = True


class Question(Wanted, frozen=True, kw_only=True):
    """A question as it is asked. `id` is the one that answers name: of the question, or `briefing:` and a number."""

    id: str

    @property
    def asked(self) -> asked_answers.Question:
        """As the decision takes it."""
        return asked_answers.Question(id=self.id, kind=self.kind, choices=self.choices, is_required=self.is_required)


class Answered(msgspec.Struct, frozen=True):
    """One answer with its question, the last one of that sign-up."""

    signup_id: UUID
    question_id: UUID
    text: str
    text_en: str
    answer: Answer


def check(wanted: Sequence[Wanted]) -> None:
    """Raises Malformed where choices and kind do not fit, or there are too many questions."""
    if len(wanted) > MOST:
        raise Malformed(field="questions", reason=f"{MOST} at most; people stand in a queue")
    for number, each in enumerate(wanted):
        field = f"questions.{number}"
        if (each.kind == "choice") != (len(each.choices) > 1) or len(set(each.choices)) < len(each.choices):
            raise Malformed(
                field=f"{field}.choices", reason="a choice has two answers or more, all different; others have none"
            )
        if each in wanted[:number]:
            raise Malformed(field=field, reason="asked twice")
        if each.choices_en and len(each.choices_en) != len(each.choices):
            raise Malformed(field=f"{field}.choices_en", reason="as many as there are answers, or none")


async def of_activity(activity_id: UUID) -> list[Question]:
    """What it asks now, in its order; the briefing is not among them."""
    return (await of_activities([activity_id])).get(activity_id, [])


async def of_activities(activity_ids: Sequence[UUID]) -> dict[UUID, list[Question]]:
    """The same of several. One statement."""
    found: dict[UUID, list[Question]] = {}
    for row in await sql.rows(
        "SELECT activity_id, id::text, kind, text, text_en, choices, choices_en, is_required FROM door_question "
        "WHERE activity_id = ANY ($1) AND retired_at IS NULL ORDER BY activity_id, position",
        list(activity_ids),
    ):
        found.setdefault(row["activity_id"], []).append(_question(row))
    return found


async def keep(activity_id: UUID, wanted: Sequence[Wanted], by_id: UUID, now: datetime) -> None:
    """Replaces the questions. One whose words stay keeps its answers; any other is new and asked of everybody again.

    Raises Malformed. Locks the activity. Safe to repeat.
    """
    check(wanted)
    # Two who save at once queue here; the second replaces what the first wrote.
    await sql.rows("SELECT FROM activity WHERE id = $1 FOR NO KEY UPDATE", activity_id)
    standing = {_plain(each): UUID(each.id) for each in await of_activity(activity_id)}
    if list(standing) == list(wanted):
        return
    await sql.rows(
        "UPDATE door_question SET retired_at = $2 WHERE activity_id = $1 AND retired_at IS NULL AND id <> ALL ($3)",
        activity_id,
        now,
        [found for each, found in standing.items() if each in wanted],
    )
    for position, each in enumerate(wanted):
        if each in standing:
            await sql.rows("UPDATE door_question SET position = $2 WHERE id = $1", standing[each], position)
        else:
            await _add(activity_id, position, each, by_id, now)


def _plain(question: Question) -> Wanted:
    return Wanted(**{name: getattr(question, name) for name in Wanted.__struct_fields__})


async def _add(activity_id: UUID, position: int, wanted: Wanted, by_id: UUID, now: datetime) -> None:
    await sql.rows(
        "INSERT INTO door_question (id, activity_id, position, kind, text, text_en, choices, choices_en, is_required, made_by, "
        "made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        uuid4(),
        activity_id,
        position,
        wanted.kind,
        wanted.text,
        wanted.text_en,
        list(wanted.choices),
        list(wanted.choices_en),
        wanted.is_required,
        by_id,
        now,
    )


WORDED = """
SELECT d.id::text, d.kind, d.text, d.text_en, d.choices, d.choices_en, d.is_required
  FROM door_question d WHERE d.id = ANY ($1)
UNION ALL
SELECT $3 || b.id, 'acknowledge', b.text, b.text_en, '{}', '{}', true FROM briefing b WHERE b.id = ANY ($2)
"""


async def worded(ids: Sequence[str]) -> list[Question]:
    """These questions with their words, in the order named; briefings among them."""
    own = [UUID(each) for each in ids if not each.startswith(BRIEFING)]
    briefings = [int(each.removeprefix(BRIEFING)) for each in ids if each.startswith(BRIEFING)]
    found = {row["id"]: row for row in await sql.rows(WORDED, own, briefings, BRIEFING)}
    return [_question(found[each]) for each in ids if each in found]


def _question(row: Record) -> Question:
    """A briefing is as long as it is: what a question may hold is checked where it is written."""
    return Question(
        id=row["id"],
        kind=row["kind"],
        text=row["text"],
        text_en=row["text_en"],
        choices=tuple(row["choices"]),
        choices_en=tuple(row["choices_en"]),
        is_required=row["is_required"],
    )


async def answer(
    place: decision.Place,
    signup_id: UUID,
    person_id: UUID,
    answers: Mapping[str, Answer],
    now: datetime,
    *,
    scanner_id: UUID | None = None,
    nonce: str | None = None,
    written_by: UUID | None = None,
) -> int:
    """Keeps those answers that fit what is open at this place (checkin-32); a briefing that is ticked counts as read.

    How many that were. One statement for all answers, and those of the briefing.
    """
    fitting = {
        question.id: given
        for question in place.questions
        if (given := answers.get(question.id)) is not None and asked_answers.is_answered(question, given)
    }
    for read in (each for each in fitting if each.startswith(BRIEFING)):
        await needs.acknowledge(int(read.removeprefix(BRIEFING)), person_id, now)
    own = {UUID(each): given for each, given in fitting.items() if not each.startswith(BRIEFING)}
    if own:
        await sql.rows(
            "INSERT INTO door_answer (signup_id, question_id, answer, scanner_id, nonce, written_by, answered_at) "
            "SELECT $1, q.question, q.answer, $4, $5, $6, $7 "
            "FROM unnest($2::uuid[], $3::jsonb[]) WITH ORDINALITY AS q (question, answer, n) ORDER BY q.n",
            signup_id,
            list(own),
            [msgspec.json.encode(given).decode() for given in own.values()],
            scanner_id,
            nonce,
            written_by,
            now,
        )
    return len(fitting)


async def answers_of(session_id: UUID) -> list[Answered]:
    """The last answer of every sign-up to every question, by sign-up and the order of the questions."""
    found = await sql.rows(
        "SELECT DISTINCT ON (w.signup_id, q.position, q.id) w.signup_id, q.id, q.text, q.text_en, w.answer "
        "FROM door_answer w JOIN door_question q ON q.id = w.question_id JOIN signup u ON u.id = w.signup_id "
        "WHERE u.session_id = $1 ORDER BY w.signup_id, q.position, q.id, w.id DESC",
        session_id,
    )
    return [
        Answered(row["signup_id"], row["id"], row["text"], row["text_en"], msgspec.json.decode(row["answer"])) for row in found
    ]


OWED = """
SELECT u.id, open_questions(u.person_id, u.id, a.id, a.briefing_id) AS questions
  FROM signup u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
 WHERE s.id = $1 AND (a.asks_questions OR a.briefing_id IS NOT NULL)
   AND EXISTS (SELECT FROM attendance t WHERE t.signup_id = u.id AND t.state = 'counts')
"""


async def owed(session_id: UUID) -> dict[UUID, tuple[str, ...]]:
    """Who was let in without having answered what has to be answered, and which questions (checkin-33). By sign-up."""
    found = {}
    for row in await sql.rows(OWED, session_id):
        asked = msgspec.json.decode(row["questions"], type=tuple[asked_answers.Question, ...])
        if still := tuple(each.id for each in asked if each.is_required):
            found[row["id"]] = still
    return found


async def copy(from_id: UUID, to_id: UUID, by_id: UUID, now: datetime) -> None:
    """What one activity asks, asked by another as well. Safe to repeat."""
    await keep(to_id, [_plain(each) for each in await of_activity(from_id)], by_id, now)
