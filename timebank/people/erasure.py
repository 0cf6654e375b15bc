"""A person's data go: name, contact, credentials, traces. Hours, movements and the audit stay under the member's number.

What stays and why is written down in kept_words.py and docs/decisions/0035-leaving.md; the law is in rules.md, section 7.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from schedules import sql

GONE = (
    "DELETE FROM credential WHERE member_id = $1",
    "DELETE FROM sign_in WHERE member_id = $1",
    "DELETE FROM person_group_member WHERE person_id = $1",
    "DELETE FROM one_time_code WHERE phone = (SELECT phone FROM member WHERE id = $1)",
    "UPDATE phone_pass SET label = '' WHERE member_id = $1",
    "UPDATE message SET facts = '{}', last_error = NULL WHERE person_id = $1",
    "UPDATE import_line SET said = '{}', before = NULL WHERE member_id = $1",
    # Rows about nobody yet that give the phone, and others' rows that name the person as a relative.
    "UPDATE import_line l SET said = CASE WHEN l.said ->> 'phone' = m.phone THEN '{}' ELSE l.said - 'relative' END "
    "FROM member m, import i WHERE m.id = $1 AND i.id = l.import_id AND l.said <> '{}' AND (l.said ->> 'phone' = m.phone "
    "OR l.said ->> 'relative' = m.phone OR l.said ->> 'relative' IN (SELECT o.number FROM old_number o "
    "WHERE o.member_id = m.id AND o.community_id = i.community_id))",
    "DELETE FROM old_number WHERE member_id = $1",
    "UPDATE neighbour_post SET title = '…', text = '', usual_time = '', area = '', "
    "reason = CASE WHEN reason = '' THEN '' ELSE '…' END WHERE member_id = $1",
    "UPDATE neighbour_report SET reason = '…' WHERE member_id = $1",
    "UPDATE exchange SET note = '' WHERE $1 IN (helper_id, helped_id) AND note <> ''",
    "UPDATE exchange_hearing SET text = '…' WHERE member_id = $1",
    "UPDATE record_objection SET words = '…', answer = CASE WHEN answer = '' THEN '' ELSE '…' END WHERE member_id = $1",
    "UPDATE departure SET reason = CASE WHEN reason = '' THEN '' ELSE '…' END WHERE member_id = $1",
    "UPDATE estate_claim SET evidence = '…', why_refused = CASE WHEN why_refused = '' THEN '' ELSE '…' END "
    "WHERE member_id = $1",
    "DELETE FROM certificate_identity WHERE certificate_id IN (SELECT id FROM certificate WHERE member_id = $1)",
    "UPDATE guardian_consent SET guardian_name = CASE WHEN guardian_name = '' THEN '' ELSE '…' END, "
    "paper_at = CASE WHEN paper_at = '' THEN '' ELSE '…' END WHERE member_id = $1",
    "UPDATE support SET reason = '…' WHERE member_id = $1",
    "UPDATE held_skill SET note = '' WHERE person_id = $1",
    "UPDATE team_person SET note = '' WHERE person_id = $1",
    "UPDATE booking SET purpose = '' WHERE person_id = $1 AND purpose <> ''",
    "UPDATE booking_series SET purpose = '' WHERE person_id = $1",
    "UPDATE room_wish SET purpose = '' WHERE person_id = $1",
    "UPDATE room_no_show SET reason = '' WHERE person_id = $1",
    "DELETE FROM export_part WHERE export_id IN (SELECT id FROM export WHERE asked_by = $1)",
)
"""Each takes the member's id."""
ITSELF = (
    "UPDATE member SET name = '#' || number, phone = NULL, sex = NULL, born_on = NULL, staff_note = '', state_reason = '', "
    "household_id = $2 WHERE id = $1"
)
OF_OTHERS = """
UPDATE message SET facts = facts || jsonb_build_object('name', '#' || m.number)
  FROM member m
 WHERE m.id = $1 AND facts ->> 'name' IN (m.name, left(m.name, 1) || '*') AND split_part(message.key, ':', 2) IN (
       SELECT id::text FROM gift WHERE $1 IN (giver_id, receiver_id)
       UNION ALL SELECT id::text FROM estate_claim WHERE member_id = $1
       UNION ALL SELECT $1::text
       UNION ALL SELECT id::text FROM relative WHERE $1 IN (member_id, relative_id)
       UNION ALL SELECT id::text FROM signup WHERE person_id = $1
       UNION ALL SELECT id::text FROM exchange WHERE $1 IN (helper_id, helped_id))
"""
"""What others were told about gifts, claims, points that were left, relatives, places and help between neighbours."""
OF_CONSENTS = """
UPDATE message x SET facts = x.facts || jsonb_build_object(own.role, '#' || m.number)
  FROM member m JOIN guardian_consent k ON m.id IN (k.guardian_id, k.member_id)
 CROSS JOIN LATERAL (SELECT CASE m.id WHEN k.guardian_id THEN 'guardian' ELSE 'member' END AS role) own
 CROSS JOIN unnest(ARRAY['guardian_agreed', 'guardian_ended', 'guardian_gone']) told
 CROSS JOIN unnest(ARRAY[k.guardian_id, k.member_id]) who
 WHERE m.id = $1 AND x.key = told || ':' || k.id || ':' || who AND x.facts ? own.role
"""
"""What a guardian and the member under age were told about the consent names both."""


async def erase(member_id: UUID, now: datetime) -> None:
    """Who it was cannot be read any more; `#number` stands where the name stood. Once; a repeat changes nothing.

    Locks the member. Raises nothing where the data are gone.
    """
    if not await sql.rows(
        "UPDATE departure SET erased_at = $2 WHERE member_id = $1 AND erased_at IS NULL RETURNING 1", member_id, now
    ):
        return
    await sql.rows(OF_OTHERS, member_id)
    await sql.rows(OF_CONSENTS, member_id)
    for statement in GONE:
        await sql.rows(statement, member_id)
    # Behind a door lives a household, so the person leaves it for one without a door.
    household = uuid4()
    await sql.rows(
        "INSERT INTO household (id, community_id) SELECT $2, community_id FROM member WHERE id = $1", member_id, household
    )
    await sql.rows(ITSELF, member_id, household)
