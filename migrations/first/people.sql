-- Members, how they prove who they are, what they may do, and the devices.

CREATE TABLE household (
    id            uuid PRIMARY KEY,
    community_id  uuid NOT NULL REFERENCES community,
    label         text NOT NULL DEFAULT '',         -- door number as people say it
    UNIQUE (id, community_id)
);
-- Behind one door lives one household.
CREATE UNIQUE INDEX household_door ON household (community_id, label) WHERE label <> '';
CREATE INDEX household_community ON household (community_id);

CREATE TABLE member (
    id              uuid PRIMARY KEY,
    number          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,     -- the volunteer's own number
    community_id    uuid NOT NULL REFERENCES community,             -- the node where the person lives: the household's
    household_id    uuid NOT NULL,
    name            text NOT NULL DEFAULT '',
    phone           text UNIQUE CHECK (phone ~ '^\+?[0-9]{5,15}$'), -- none: a member without a phone
    language        text NOT NULL DEFAULT 'zh' CHECK (language IN ('zh', 'en')),
    state           text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'left')),
    state_reason    text NOT NULL DEFAULT '',                       -- for staff only
    staff_note      text NOT NULL DEFAULT '',                       -- shown at the desk
    sex             text CHECK (sex IN ('female', 'male')),
    born_on         date,
    skills          text[] NOT NULL DEFAULT '{}',
    joined_at       timestamptz NOT NULL,
    FOREIGN KEY (household_id, community_id) REFERENCES household (id, community_id) ON UPDATE CASCADE
);
CREATE INDEX member_community ON member (community_id);
CREATE INDEX member_household ON member (household_id);
CREATE INDEX member_name ON member (name text_pattern_ops);

CREATE TABLE credential (
    member_id  uuid NOT NULL REFERENCES member,
    kind       text NOT NULL CHECK (kind IN ('password', 'pin')),
    hash       text NOT NULL,                                       -- argon2id
    set_at     timestamptz NOT NULL,
    PRIMARY KEY (member_id, kind)
);

CREATE TABLE one_time_code (
    id          uuid PRIMARY KEY,
    phone       text NOT NULL,
    code_hash   bytea NOT NULL,                                     -- HMAC under the installation's secret
    made_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX one_time_code_phone ON one_time_code (phone, made_at DESC);

CREATE TABLE sign_in (
    token_hash  bytea PRIMARY KEY,                                  -- SHA-256 of the cookie's token
    member_id   uuid NOT NULL REFERENCES member,
    made_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    browser     text NOT NULL DEFAULT ''
);
CREATE INDEX sign_in_member ON sign_in (member_id);
CREATE INDEX sign_in_expiry ON sign_in (expires_at);

CREATE TABLE role_grant (
    id            uuid PRIMARY KEY,
    member_id     uuid NOT NULL REFERENCES member,
    community_id  uuid NOT NULL REFERENCES community,               -- reaches this node and all below it
    role          text NOT NULL CHECK (role IN ('coordinator', 'organiser', 'supervisor', 'steward', 'keeper', 'auditor')),
    granted_by    uuid REFERENCES member,
    granted_at    timestamptz NOT NULL,
    ended_by      uuid REFERENCES member,
    ended_at      timestamptz,
    CHECK (granted_by <> member_id),                                -- nobody gives a role to themselves
    CHECK (ended_at >= granted_at)
);
CREATE INDEX role_grant_community ON role_grant (community_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX role_grant_once ON role_grant (member_id, community_id, role) WHERE ended_at IS NULL;

CREATE TABLE device (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('desk', 'kiosk')),
    name          text NOT NULL CHECK (name <> ''),
    community_id  uuid NOT NULL REFERENCES community,
    place_id      uuid,                                             -- where a kiosk's stock lies
    token_hash    bytea UNIQUE,
    made_by       uuid REFERENCES member,
    made_at       timestamptz NOT NULL,
    paired_at     timestamptz,
    revoked_at    timestamptz,
    CHECK ((kind = 'kiosk') = (place_id IS NOT NULL)),
    CHECK ((token_hash IS NULL) = (paired_at IS NULL))
);
CREATE INDEX device_community ON device (community_id);

CREATE TABLE pairing (
    code_hash   bytea PRIMARY KEY,                                  -- HMAC under the installation's secret
    device_id   uuid NOT NULL REFERENCES device,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX pairing_device ON pairing (device_id);

-- Public halves only; the private half is derived from the installation's secret and never stored.
CREATE TABLE pass_key (
    id          text PRIMARY KEY,
    public_key  bytea NOT NULL,
    added_at    timestamptz NOT NULL,
    removed_at  timestamptz
);

CREATE TABLE pass (
    id          uuid PRIMARY KEY,
    member_id   uuid NOT NULL REFERENCES member,
    serial      int NOT NULL CHECK (serial > 0),
    key_id      text NOT NULL REFERENCES pass_key,
    typed_code  text NOT NULL UNIQUE,                               -- eight characters under the QR
    issued_at   timestamptz NOT NULL,
    revoked_at  timestamptz,
    UNIQUE (member_id, serial)
);
CREATE UNIQUE INDEX pass_in_force ON pass (member_id) WHERE revoked_at IS NULL;

-- Counters for limits that matter (sign-in, PIN, codes): one row per bucket and window, raised atomically, shared by all processes.
CREATE TABLE rate_count (
    bucket      text NOT NULL,
    window_at   timestamptz NOT NULL,
    count       int NOT NULL CHECK (count >= 0),                    -- 0: all given back
    PRIMARY KEY (bucket, window_at)
);

CREATE TABLE audit (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL,
    actor_id      uuid,                                             -- member or device
    on_behalf_of  uuid,
    action        text NOT NULL,
    subject       text NOT NULL,                                    -- what it was done to: kind:id
    detail        jsonb NOT NULL DEFAULT '{}',
    request_id    text NOT NULL DEFAULT ''
);
CREATE INDEX audit_subject ON audit (subject, at);
CREATE INDEX audit_actor ON audit (actor_id, at);
CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit EXECUTE FUNCTION refuse_change();
