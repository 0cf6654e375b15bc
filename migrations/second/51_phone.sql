-- Phones that are a member's pass: only the phone's public key is here, and nothing with which anybody could make a code.

CREATE TABLE phone_pass (
    id            uuid PRIMARY KEY,
    member_id     uuid NOT NULL REFERENCES member,
    key_id        text NOT NULL REFERENCES pass_key,        -- signs the credential that the phone holds
    public_key    bytea NOT NULL CHECK (length(public_key) = 33),   -- P-256, compressed
    label         text NOT NULL DEFAULT '',                 -- how its owner knows it again
    enrolled_at   timestamptz NOT NULL,
    renewed_at    timestamptz NOT NULL,                     -- when the credential was signed
    seen_at       timestamptz NOT NULL,                     -- the last contact with a network
    last_day      int NOT NULL CHECK (last_day > 0),        -- the last on which it is good: days from 1970-01-01, in UTC
    revoked_at    timestamptz,
    revoked_by    uuid                                      -- the member, or staff on the member's behalf
);
-- The same phone that asks twice, because the first answer was lost, is the same pass.
CREATE UNIQUE INDEX phone_pass_once ON phone_pass (member_id, public_key) WHERE revoked_at IS NULL;
CREATE INDEX phone_pass_key ON phone_pass (key_id) WHERE revoked_at IS NULL;
CREATE INDEX pass_key_in_force ON pass (key_id) WHERE revoked_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT', 'phone_pass');
CALL pg_temp.allow('UPDATE (key_id, renewed_at, seen_at, last_day, revoked_at, revoked_by)', 'phone_pass');

-- A kiosk identifies by the phone as well; spending needs the PIN as ever.
ALTER TABLE kiosk_visit ALTER COLUMN pass_id DROP NOT NULL;
ALTER TABLE kiosk_visit ADD COLUMN phone_pass_id uuid REFERENCES phone_pass;
ALTER TABLE kiosk_visit ADD CHECK (num_nonnulls(pass_id, phone_pass_id) = 1);

-- As before; the code may also be that of a phone, and a key that was removed is told from one that never was.
CREATE OR REPLACE FUNCTION door_facts(
    a_person uuid, a_card uuid, a_key text, a_venue uuid, some_activities uuid[], some_nodes uuid[], override_nodes uuid[],
    a_scanner uuid, a_nonce text, at timestamptz, near interval
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    a_serial int;
    is_replaced boolean := false;
    an_activity uuid;
    a_place text;
    is_allowed boolean;
    may_override boolean;
    a_public_key bytea;
    was_removed boolean;
BEGIN
    IF a_card IS NOT NULL THEN
        SELECT p.serial, p.revoked_at IS NOT NULL INTO a_serial, is_replaced FROM pass p WHERE p.id = a_card;
        IF NOT FOUND THEN
            SELECT h.revoked_at IS NOT NULL INTO is_replaced FROM phone_pass h WHERE h.id = a_card;
        END IF;
    END IF;
    IF a_key IS NOT NULL THEN
        SELECT k.public_key, k.removed_at IS NOT NULL INTO a_public_key, was_removed FROM pass_key k WHERE k.id = a_key;
    END IF;
    IF a_venue IS NOT NULL THEN
        SELECT s.activity_id, s.place INTO an_activity, a_place FROM session s WHERE s.id = a_venue;
        some_activities := array_remove(ARRAY[an_activity], NULL);
    END IF;
    SELECT coalesce(bool_and(coalesce(c.ancestor_ids && some_nodes, false)), false),
           coalesce(bool_and(coalesce(c.ancestor_ids && override_nodes, false)), false) INTO is_allowed, may_override
      FROM unnest(some_activities) AS named (id) LEFT JOIN activity a ON a.id = named.id LEFT JOIN community c ON c.id = a.community_id;
    RETURN json_build_object(
        'is_allowed', is_allowed, 'may_override', may_override, 'venue_exists', an_activity IS NOT NULL,
        'public_key', CASE WHEN NOT was_removed THEN encode(a_public_key, 'base64') END,
        'key_was_removed', coalesce(was_removed, false),
        'serial', a_serial, 'is_replaced', coalesce(is_replaced, false),
        'member', (SELECT json_build_object('id', m.id, 'name', m.name, 'number', m.number, 'state', m.state,
                                            'state_reason', m.state_reason, 'note', m.staff_note,
                                            'is_within', c.ancestor_ids && some_nodes)
                     FROM member m JOIN community c ON c.id = m.community_id WHERE m.id = a_person AND m.state <> 'left'),
        'schedule', scan_facts(a_person, some_activities, a_place, a_scanner, a_nonce, at, near));
END $$;
