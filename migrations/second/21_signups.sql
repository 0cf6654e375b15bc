-- Sign-ups in full: a waiting list with offers for each role of a session, and an organiser's yes where an activity wants it.

ALTER TABLE activity
    ADD COLUMN has_waiting_list boolean NOT NULL DEFAULT false,
    ADD COLUMN needs_approval   boolean NOT NULL DEFAULT false,              -- an organiser decides about every sign-up
    ADD COLUMN counts_requests  boolean NOT NULL DEFAULT false,              -- a request holds a place until it is decided
    ADD COLUMN asks_again       boolean NOT NULL DEFAULT false,              -- who was rejected may ask again
    ADD COLUMN offer_minutes    int NOT NULL DEFAULT 720 CHECK (offer_minutes > 0);  -- an offer holds so long, to the end of sign-up at most

-- `round` rises with every place that becomes free, but for an offer that ran out: whoever let one pass is asked again in a later round.
ALTER TABLE session_role ADD COLUMN round int NOT NULL DEFAULT 0;

CREATE SEQUENCE signup_line;
ALTER TABLE signup
    DROP CONSTRAINT signup_state_check,
    ADD CONSTRAINT signup_state_check CHECK (state IN
        ('requested', 'confirmed', 'waiting', 'offered', 'rejected', 'lapsed', 'withdrawn', 'cancelled')),
    ADD COLUMN line           bigint NOT NULL DEFAULT nextval('signup_line'),  -- the order of the waiting list
    ADD COLUMN offered_until  timestamptz,                   -- of an offer: from this instant on it has run out
    ADD COLUMN lapsed_round   int,                           -- the round of the role in which an offer to this person ran out
    ADD COLUMN request_holds  boolean NOT NULL DEFAULT false,  -- the request holds a place: it counts, or an accepted offer led to it
    ADD COLUMN is_late_leave  boolean NOT NULL DEFAULT false,  -- an organiser let the person off after the deadline: no no-show
    ADD COLUMN holds_place    boolean GENERATED ALWAYS AS
        (state IN ('confirmed', 'offered') OR (state = 'requested' AND request_holds)) STORED,  -- counted in session_role.taken
    ADD CHECK ((state = 'offered') = (offered_until IS NOT NULL)),
    ADD CHECK (NOT is_late_leave OR state = 'cancelled');
CREATE INDEX signup_in_line ON signup (role_id, line) WHERE state IN ('waiting', 'offered');
CREATE INDEX signup_offers ON signup (offered_until) WHERE state = 'offered';
CREATE INDEX signup_requests ON signup (role_id) WHERE state = 'requested';
ALTER TABLE signup_change
    ADD COLUMN is_late_leave boolean NOT NULL DEFAULT false,
    ALTER COLUMN by_id DROP NOT NULL;                        -- none: by itself, when its time had come
CALL pg_temp.allow('SELECT', 'signup');  -- with the new sequence

-- The place in line of who waits: 1 is next.
CREATE FUNCTION position_in_line(p_role uuid, p_line bigint) RETURNS int LANGUAGE sql STABLE AS $$
    SELECT count(*)::int FROM signup WHERE role_id = p_role AND state = 'waiting' AND line <= p_line
$$;

-- Places that were added are a new round, however they came about.
CREATE FUNCTION raise_round() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.round := OLD.round + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER session_role_more_places BEFORE UPDATE OF places ON session_role
    FOR EACH ROW WHEN (OLD.places IS NOT NULL AND (NEW.places IS NULL OR NEW.places > OLD.places)) EXECUTE FUNCTION raise_round();
