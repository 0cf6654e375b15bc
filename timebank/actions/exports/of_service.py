"""What members signed up for, when they came, and what stands on their record."""

from __future__ import annotations

from timebank.actions.exports.contents import Contents

SERVICE = (
    Contents(
        "signups",
        "SELECT m.number AS member_number, a.title AS activity, s.starts_at, u.state, u.made_at, u.changed_at FROM signup u "
        "JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id JOIN member m ON m.id = u.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, 3, u.id",
    ),
    Contents(
        "cover_requests",
        "SELECT m.number AS member_number, a.title AS activity, s.starts_at, c.asked_at FROM cover_request c "
        "JOIN session s ON s.id = c.session_id JOIN activity a ON a.id = s.activity_id JOIN member m ON m.id = c.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, c.asked_at, s.id",
    ),
    Contents(
        "read_notes",
        "SELECT m.number AS member_number, a.title AS activity, b.text AS words, k.at FROM acknowledgement k "
        "JOIN briefing b ON b.id = k.briefing_id JOIN activity a ON a.id = b.activity_id JOIN member m ON m.id = k.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, k.at, b.id",
    ),
    Contents(
        "answers",
        "SELECT m.number AS member_number, a.title AS activity, q.text AS question, d.answer, d.answered_at FROM door_answer d "
        "JOIN door_question q ON q.id = d.question_id JOIN activity a ON a.id = q.activity_id "
        "JOIN signup u ON u.id = d.signup_id JOIN member m ON m.id = u.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, d.answered_at, d.id",
    ),
    Contents(
        "attendance",
        "SELECT m.number AS member_number, a.title AS activity, s.starts_at, t.in_at, t.out_at, t.minutes, t.is_self, "
        "t.is_by_code, t.is_automatic, t.state FROM attendance t JOIN session s ON s.id = t.session_id "
        "JOIN activity a ON a.id = s.activity_id JOIN member m ON m.id = t.person_id WHERE m.id = ANY ($1) ORDER BY 1, 4, t.id",
    ),
    Contents(
        "said_hours",
        "SELECT m.number AS member_number, a.title AS activity, s.starts_at, c.asked_at, c.confirmed_at "
        "FROM stay_confirmation c "
        "JOIN attendance t ON t.id = c.attendance_id JOIN session s ON s.id = t.session_id "
        "JOIN activity a ON a.id = s.activity_id JOIN member m ON m.id = c.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, c.asked_at, t.id, c.version",
    ),
    Contents(
        "corrections_asked",
        "SELECT m.number AS member_number, a.title AS activity, s.starts_at, c.minutes, c.reason, c.asked_at, c.state, "
        "c.answer, "
        "c.answered_at FROM correction_request c JOIN attendance t ON t.id = c.attendance_id "
        "JOIN session s ON s.id = t.session_id JOIN activity a ON a.id = s.activity_id JOIN member m ON m.id = c.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, c.asked_at, t.id",
    ),
    Contents(
        "absences",
        "SELECT m.number AS member_number, a.title AS activity, s.starts_at, n.state, n.told_at, n.objects_until, "
        "n.changed_at FROM no_show n "
        "JOIN session s ON s.id = n.session_id JOIN activity a ON a.id = s.activity_id JOIN member m ON m.id = n.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, s.starts_at, n.id",
    ),
    Contents(
        "absence_steps",
        "SELECT m.number AS member_number, a.title AS activity, s.starts_at, c.state, c.cause, c.comment, c.at "
        "FROM no_show_change c JOIN no_show n ON n.id = c.no_show_id JOIN session s ON s.id = n.session_id "
        "JOIN activity a ON a.id = s.activity_id JOIN member m ON m.id = n.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, c.at, c.id",
    ),
    Contents(
        "tasks_taken",
        "SELECT m.number AS member_number, a.title AS activity, k.name AS task, x.state, x.changed_at FROM task_taker x "
        "JOIN task k ON k.id = x.task_id JOIN activity a ON a.id = k.activity_id JOIN member m ON m.id = x.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, x.changed_at, k.id",
    ),
    Contents(
        "service_records",
        "SELECT m.number AS member_number, coalesce(r.attendance_id, r.first_id, r.id) AS record, r.version, "
        "r.class, r.source, "
        "r.activity_name AS activity, r.activity_name_en AS activity_en, r.served_on, r.place, r.service_content, "
        "r.service_minutes, r.organising_unit, r.person_in_charge, r.is_withdrawn, r.reason, r.recorded_at, "
        "t.source AS scheme, t.vouched_by FROM service_record r "
        "JOIN member m ON m.id = r.member_id LEFT JOIN taken_over_record t ON t.record_id = r.id WHERE m.id = ANY ($1) "
        "ORDER BY 1, r.served_on, 2, r.version",
    ),
    Contents(
        "record_notes",
        "SELECT m.number AS member_number, n.kind, n.name, n.content, n.given_by, n.happened_on, n.minutes, n.quality, "
        "n.entered_at, "
        "coalesce(r.attendance_id, r.first_id, r.id) AS record, e.ended_at, e.reason FROM record_note n "
        "JOIN member m ON m.id = n.member_id "
        "LEFT JOIN service_record r ON r.id = n.record_id LEFT JOIN record_note_end e ON e.note_id = n.id "
        "WHERE m.id = ANY ($1) ORDER BY 1, n.happened_on, n.id",
    ),
    Contents(
        "objections",
        "SELECT m.number AS member_number, coalesce(r.attendance_id, r.first_id, r.id) AS record, r.version, o.words, "
        "o.filed_at, o.outcome, "
        "o.answer, o.answered_at FROM record_objection o JOIN service_record r ON r.id = o.record_id "
        "JOIN member m ON m.id = o.member_id WHERE m.id = ANY ($1) ORDER BY 1, o.filed_at, o.id",
    ),
    Contents(
        "certificates",
        "SELECT m.number AS member_number, c.number AS certificate, c.unit, c.is_certificate, c.first_on, c.last_on, "
        "c.issued_at, "
        "f.number AS replaces, x.revoked_at, x.reason, d.shown AS identity FROM certificate c "
        "JOIN member m ON m.id = c.member_id LEFT JOIN certificate_identity d ON d.certificate_id = c.id "
        "LEFT JOIN certificate f ON f.id = c.replaces LEFT JOIN certificate_revocation x ON x.certificate_id = c.id "
        "WHERE m.id = ANY ($1) ORDER BY 1, c.issued_at, c.id",
    ),
    Contents(
        "certificate_notices",
        "SELECT m.number AS member_number, n.first_on, n.last_on, n.minutes, n.put_up_at AS made_at, n.until_at AS expires_at, "
        "n.stopped_at AS ended_at FROM certificate_notice n JOIN member m ON m.id = n.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, n.put_up_at, n.id",
    ),
    Contents(
        "certificate_lines",
        "SELECT m.number AS member_number, c.number AS certificate, coalesce(r.attendance_id, r.first_id, r.id) AS record, "
        "r.version "
        "FROM certificate_line l JOIN certificate c ON c.id = l.certificate_id JOIN service_record r ON r.id = l.record_id "
        "JOIN member m ON m.id = c.member_id WHERE m.id = ANY ($1) ORDER BY 1, 2, r.served_on, 3",
    ),
    Contents(
        "hours_entries",
        "SELECT m.number AS member_number, e.kind, e.class, e.activity_name AS activity, e.activity_name_en AS activity_en, "
        "e.served_on, e.place, e.service_content, e.service_minutes, e.organising_unit, e.person_in_charge, e.reason, "
        "e.entered_at, e.state, e.decision, e.decided_at FROM hours_entry e JOIN member m ON m.id = e.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, e.entered_at, e.id",
    ),
)
