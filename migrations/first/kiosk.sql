-- A person before a kiosk, from the card held up to the end or the time-out. Not a sign-in: it opens nothing but this kiosk.

CREATE TABLE kiosk_visit (
    token_hash  bytea PRIMARY KEY,                       -- SHA-256 of the visit's token
    device_id   uuid NOT NULL REFERENCES device,
    pass_id     uuid NOT NULL REFERENCES pass,
    member_id   uuid NOT NULL REFERENCES member,
    made_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,                    -- the first instant at which it is over
    proved_at   timestamptz,                             -- the PIN was right; before that the visit shows and buys nothing
    ended_at    timestamptz,
    CHECK (expires_at > made_at)
);
CREATE INDEX kiosk_visit_expiry ON kiosk_visit (expires_at);
