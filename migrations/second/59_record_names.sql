-- A record keeps both names of its day: it is read as it was made, whatever the activity is called later. Empty: it had no English
-- one. Records are never changed, but for what this step adds to them.
ALTER TABLE hours_entry ADD COLUMN activity_name_en text NOT NULL DEFAULT '';
ALTER TABLE service_record ADD COLUMN activity_name_en text NOT NULL DEFAULT '';
ALTER TABLE service_record DISABLE TRIGGER service_record_is_kept;
UPDATE service_record r SET activity_name_en = a.title_en
  FROM attendance h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
 WHERE h.id = r.attendance_id AND a.title = r.activity_name AND a.title_en <> '';
ALTER TABLE service_record ENABLE TRIGGER service_record_is_kept;
