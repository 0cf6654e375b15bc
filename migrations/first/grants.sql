-- The application works as a role that owns nothing and can neither change nor delete what counted.
DO $$
DECLARE t text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'timebank_app') THEN
        RAISE NOTICE 'role timebank_app is absent: no grants made; the owner does the work of the application';
        RETURN;
    END IF;
    GRANT USAGE ON SCHEMA public TO timebank_app;
    GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO timebank_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO timebank_app;
    FOREACH t IN ARRAY ARRAY[
        'community', 'household', 'member', 'credential', 'one_time_code', 'sign_in', 'role_grant', 'device', 'pairing', 'pass_key', 'pass',
        'rate_count', 'activity', 'session', 'session_role', 'signup', 'signup_person', 'space', 'opening', 'closure', 'booking', 'booking_household',
        'occupancy', 'attendance', 'account', 'wallet', 'lot', 'debt', 'earn_day', 'intent', 'place', 'reward', 'stock', 'hold', 'redemption',
        'kiosk_visit', 'idempotency', 'job_run'
    ] LOOP
        EXECUTE format('GRANT UPDATE ON %I TO timebank_app', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['one_time_code', 'sign_in', 'pairing', 'rate_count', 'kiosk_visit', 'idempotency', 'opening', 'session', 'session_role'] LOOP
        EXECUTE format('GRANT DELETE ON %I TO timebank_app', t);
    END LOOP;
END $$;
