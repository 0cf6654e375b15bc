-- What the application may do with the tables of this step: `CALL pg_temp.allow('SELECT, INSERT', 'message');` after each.
-- The role is absent where the owner does the work of the application.
CREATE PROCEDURE pg_temp.allow(p_rights text, VARIADIC p_tables text[]) LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'timebank_app') THEN
        RETURN;
    END IF;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO timebank_app;
    FOREACH t IN ARRAY p_tables LOOP
        EXECUTE format('GRANT %s ON %s TO timebank_app', p_rights, t::regclass);
    END LOOP;
END $$;
