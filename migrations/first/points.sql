-- The ledger. One row per movement; system accounts have no balance row; what is written stays.

-- System accounts have fixed numbers below zero, so that a credit looks nothing up and queues on no row; see ledger.issuance().
CREATE TABLE account (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('member', 'pool', 'system')),
    code       text UNIQUE,
    owner_id   uuid UNIQUE,                              -- member or community
    opened_at  timestamptz NOT NULL DEFAULT now(),
    closed_at  timestamptz,
    CHECK ((kind = 'system') = (owner_id IS NULL)),
    CHECK ((kind = 'system') = (id < 0)),
    CHECK ((kind = 'system') <= (code IS NOT NULL))
);
INSERT INTO account (id, kind, code) OVERRIDING SYSTEM VALUE
VALUES (-1, 'system', 'issuance'), (-2, 'system', 'redeemed'), (-3, 'system', 'expired'), (-4, 'system', 'receivable');

CREATE TABLE wallet (
    account_id  bigint PRIMARY KEY REFERENCES account CHECK (account_id > 0),
    posted      bigint NOT NULL DEFAULT 0,               -- units of 1/100 point
    held        bigint NOT NULL DEFAULT 0,
    floor       bigint NOT NULL DEFAULT 0 CHECK (floor <= 0),
    seq         bigint NOT NULL DEFAULT 0,
    CONSTRAINT wallet_held CHECK (held >= 0),
    CONSTRAINT wallet_floor CHECK (posted - held >= floor)
) WITH (fillfactor = 70);

-- No foreign keys to account and policy: each credit would share-lock the one row of issuance and the one policy of the day, which
-- costs a fifth to a third of the rate. Postings hold the wallets, and `reconcile` looks for the rest.
CREATE TABLE transfer (
    id            uuid PRIMARY KEY,                      -- of a credit: the id of its intent
    business_key  text NOT NULL UNIQUE,
    kind          text NOT NULL CHECK (kind IN ('credit', 'redeem', 'capture', 'expire', 'gift', 'donate', 'issue', 'reverse', 'advance', 'repay', 'correct')),
    from_account  bigint NOT NULL CHECK (from_account >= -4 AND from_account <> 0),
    to_account    bigint NOT NULL CHECK (to_account >= -4 AND to_account <> 0),
    amount        bigint NOT NULL CHECK (amount > 0),    -- units of 1/100 point
    effective_at  timestamptz NOT NULL,                  -- when it was earned, or fell due
    recorded_at   timestamptz NOT NULL,                  -- read after the wallet's lock: in the order of posting.seq
    actor_id      uuid,
    on_behalf_of  uuid,
    reason_code   text,
    policy_id     uuid,
    request_hash  bytea,
    reverses      uuid REFERENCES transfer,
    relates_to    uuid REFERENCES transfer,
    CHECK (from_account <> to_account),
    CHECK ((kind = 'reverse') = (reverses IS NOT NULL))
);
CREATE UNIQUE INDEX transfer_reversed_once ON transfer (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX transfer_relates ON transfer (relates_to) WHERE relates_to IS NOT NULL;
CREATE INDEX transfer_recorded ON transfer (recorded_at);

CREATE TABLE posting (
    account_id     bigint NOT NULL REFERENCES wallet,
    seq            bigint NOT NULL,
    transfer_id    uuid NOT NULL REFERENCES transfer,
    amount         bigint NOT NULL CHECK (amount <> 0),
    balance_after  bigint NOT NULL,
    PRIMARY KEY (account_id, seq),
    UNIQUE (transfer_id, account_id)
);

CREATE TABLE lot (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL,
    transfer_id  uuid NOT NULL,
    line         int NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    remaining    bigint NOT NULL,
    expires_at   timestamptz,                            -- the first instant at which the points are gone; none: never
    UNIQUE (transfer_id, line),
    FOREIGN KEY (transfer_id, account_id) REFERENCES posting (transfer_id, account_id),
    CONSTRAINT lot_remaining CHECK (remaining BETWEEN 0 AND amount)
);
CREATE INDEX lot_to_draw ON lot (account_id, expires_at, id) WHERE remaining > 0;
CREATE INDEX lot_due ON lot (expires_at) WHERE remaining > 0 AND expires_at IS NOT NULL;

CREATE TABLE lot_use (
    lot_id       bigint NOT NULL REFERENCES lot,
    transfer_id  uuid NOT NULL REFERENCES transfer,
    amount       bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (lot_id, transfer_id)
);
CREATE INDEX lot_use_transfer ON lot_use (transfer_id);

-- What a member owes because a credit was taken back after it had been spent.
CREATE TABLE debt (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES wallet,
    transfer_id  uuid NOT NULL UNIQUE REFERENCES transfer,
    amount       bigint NOT NULL CHECK (amount > 0),
    paid         bigint NOT NULL DEFAULT 0 CHECK (paid >= 0),
    waived       bigint NOT NULL DEFAULT 0 CHECK (waived >= 0),
    CHECK (paid + waived <= amount)
);
CREATE INDEX debt_open ON debt (account_id) WHERE paid + waived < amount;

-- What a member was granted on one service day, for caps; settled when the intent is written.
CREATE TABLE earn_day (
    account_id  bigint NOT NULL REFERENCES wallet,
    service_on  date NOT NULL,
    granted     bigint NOT NULL CHECK (granted >= 0),
    PRIMARY KEY (account_id, service_on)
);

-- The promise, written with the fact that earns it, that a transfer will follow. What it promises is frozen: the application may
-- update its state alone (grants.sql).
CREATE TABLE intent (
    id            uuid PRIMARY KEY,
    business_key  text NOT NULL UNIQUE,                  -- attendance:<id>:v<version>
    kind          text NOT NULL,
    account_id    bigint NOT NULL REFERENCES account,
    amount        bigint NOT NULL CHECK (amount >= 0),   -- units of 1/100 point
    expires_at    timestamptz,                           -- of the points
    earned_at     timestamptz NOT NULL,
    policy_id     uuid,                                  -- no foreign key, as in transfer
    payload       jsonb NOT NULL DEFAULT '{}',
    state         text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'nothing', 'dead')),
    reason        text,                                  -- of nothing and dead
    attempts      int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at       timestamptz NOT NULL,
    due_at        timestamptz NOT NULL DEFAULT clock_timestamp(),  -- when it could first be kept; only a retry of a dead one moves it
    last_error    text,                                  -- none: no attempt has failed, and it may be kept in a batch
    transfer_id   uuid REFERENCES transfer,
    created_at    timestamptz NOT NULL,
    CHECK ((state = 'done') = (transfer_id IS NOT NULL)),
    CHECK (state NOT IN ('nothing', 'dead') OR reason IS NOT NULL)
);
CREATE INDEX intent_due ON intent (next_at) WHERE state = 'pending';
CREATE INDEX intent_dead ON intent (created_at) WHERE state = 'dead';
CREATE INDEX intent_open ON intent (account_id, created_at) WHERE state <> 'done';
