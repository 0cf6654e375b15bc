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
        'occupancy', 'attendance', 'earn_day', 'place', 'reward',
        'kiosk_visit', 'idempotency', 'job_run'
    ] LOOP
        EXECUTE format('GRANT UPDATE ON %I TO timebank_app', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['one_time_code', 'sign_in', 'pairing', 'rate_count', 'kiosk_visit', 'idempotency', 'opening', 'session', 'session_role', 'cover'] LOOP
        EXECUTE format('GRANT DELETE ON %I TO timebank_app', t);
    END LOOP;
    -- Of the ledger only what moves: balances, what is left, states. What was promised, held or sold stays as it was written.
    GRANT UPDATE (closed_at) ON account TO timebank_app;
    GRANT UPDATE (posted, held, seq) ON wallet TO timebank_app;
    GRANT UPDATE (remaining) ON lot TO timebank_app;
    GRANT UPDATE (paid, waived) ON debt TO timebank_app;
    GRANT UPDATE (state, reason, attempts, next_at, due_at, last_error, transfer_id) ON intent TO timebank_app;
    GRANT UPDATE (state, captured, transfer_id) ON hold TO timebank_app;
    GRANT UPDATE (count) ON stock TO timebank_app;
    GRANT UPDATE (state, collected_at, collected_by) ON redemption TO timebank_app;
    GRANT USAGE ON SCHEMA ledger, reconcile TO timebank_app;
    GRANT SELECT ON ALL TABLES IN SCHEMA reconcile TO timebank_app;
END $$;
