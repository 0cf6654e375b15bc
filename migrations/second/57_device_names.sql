-- What a desk or a kiosk is called is read in two languages.
ALTER TABLE device
    ADD COLUMN name_en text NOT NULL DEFAULT '';              -- empty: `name` in both languages

-- What it was called before: who reads the log of an old evening reads the name that stood at that door.
CREATE TABLE device_name (
    device_id uuid NOT NULL REFERENCES device,
    until_at  timestamptz NOT NULL,
    name      text NOT NULL,
    name_en   text NOT NULL,
    PRIMARY KEY (device_id, until_at)
);
CREATE TRIGGER device_name_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON device_name EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'device_name');

-- Its names at that instant; no row for who is no device.
CREATE FUNCTION device_called(p_device uuid, p_at timestamptz) RETURNS TABLE (name text, name_en text) LANGUAGE sql STABLE AS $$
    SELECT c.name, c.name_en
      FROM (SELECT n.name, n.name_en, n.until_at FROM device_name n WHERE n.device_id = p_device AND n.until_at > p_at
            UNION ALL SELECT d.name, d.name_en, 'infinity' FROM device d WHERE d.id = p_device) c
     ORDER BY c.until_at LIMIT 1
$$;
