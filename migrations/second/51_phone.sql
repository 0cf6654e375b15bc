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
-- A phone that asks twice, because the first answer was lost, is the same pass; and nobody is two members with one key.
CREATE UNIQUE INDEX phone_pass_once ON phone_pass (public_key) WHERE revoked_at IS NULL;
CREATE INDEX phone_pass_member ON phone_pass (member_id) WHERE revoked_at IS NULL;
CREATE INDEX phone_pass_key ON phone_pass (key_id) WHERE revoked_at IS NULL;
CREATE INDEX pass_key_in_force ON pass (key_id) WHERE revoked_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT', 'phone_pass');
CALL pg_temp.allow('UPDATE (key_id, renewed_at, seen_at, last_day, revoked_at, revoked_by)', 'phone_pass');

-- A kiosk identifies by the phone as well; spending needs the PIN as ever.
ALTER TABLE kiosk_visit ALTER COLUMN pass_id DROP NOT NULL;
ALTER TABLE kiosk_visit ADD COLUMN phone_pass_id uuid REFERENCES phone_pass;
ALTER TABLE kiosk_visit ADD CHECK (num_nonnulls(pass_id, phone_pass_id) = 1);
