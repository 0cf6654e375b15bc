-- What points buy, where it lies, and who took it.

CREATE TABLE place (
    id            uuid PRIMARY KEY,
    community_id  uuid NOT NULL REFERENCES community,
    name          text NOT NULL CHECK (name <> ''),
    name_en       text NOT NULL DEFAULT ''
);

CREATE TABLE reward (
    id            uuid PRIMARY KEY,
    community_id  uuid NOT NULL REFERENCES community,
    name          text NOT NULL CHECK (name <> ''),
    name_en       text NOT NULL DEFAULT '',
    about         text NOT NULL DEFAULT '',
    about_en      text NOT NULL DEFAULT '',
    picture       text NOT NULL DEFAULT '',              -- name of a picture that comes with the program, or media:<sha256>
    price         bigint NOT NULL CHECK (price > 0),     -- units of 1/100 point
    state         text NOT NULL DEFAULT 'offered' CHECK (state IN ('offered', 'withdrawn')),
    made_at       timestamptz NOT NULL
);

-- What a reward cost before, kept by the trigger below: a price that somebody has seen is honoured for some minutes.
CREATE TABLE former_price (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reward_id    uuid NOT NULL REFERENCES reward,
    price        bigint NOT NULL CHECK (price > 0),
    replaced_at  timestamptz NOT NULL
);
CREATE INDEX former_price_reward ON former_price (reward_id, replaced_at);

CREATE FUNCTION remember_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO former_price (reward_id, price, replaced_at) VALUES (OLD.id, OLD.price, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER reward_price_is_remembered AFTER UPDATE ON reward FOR EACH ROW
    WHEN (OLD.price <> NEW.price) EXECUTE FUNCTION remember_price();

-- count = the moves added up, less the units that redemptions took; `reconcile` proves it. Change it with a move, by ledger.move_stock.
CREATE TABLE stock (
    reward_id  uuid NOT NULL REFERENCES reward,
    place_id   uuid NOT NULL REFERENCES place,
    count      int NOT NULL,
    PRIMARY KEY (reward_id, place_id),
    CONSTRAINT stock_count CHECK (count >= 0)
) WITH (fillfactor = 70);

-- Points set aside: for a machine that hands over, a booking, a gift. A hold for a reward keeps one unit of its stock.
CREATE TABLE hold (
    id            uuid PRIMARY KEY,
    scope         text NOT NULL,                         -- who asked: device:<id> or member:<id>
    client_key    text NOT NULL,
    request_hash  bytea NOT NULL,
    account_id    bigint NOT NULL REFERENCES wallet,
    amount        bigint NOT NULL CHECK (amount > 0),    -- units of 1/100 point
    purpose       text NOT NULL CHECK (purpose IN ('reward', 'booking', 'gift')),
    to_account    bigint NOT NULL REFERENCES account,
    reward_id     uuid,
    place_id      uuid,
    actor_id      uuid NOT NULL,
    made_at       timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,                  -- the first instant at which it holds nothing
    state         text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'captured', 'voided', 'expired')),
    captured      bigint,
    transfer_id   uuid UNIQUE REFERENCES transfer,
    UNIQUE (scope, client_key),
    CHECK (to_account <> account_id),
    CHECK (captured BETWEEN 1 AND amount),
    CHECK ((state = 'captured') = (captured IS NOT NULL)),
    CHECK ((state = 'captured') = (transfer_id IS NOT NULL)),
    CHECK ((purpose = 'reward') = (reward_id IS NOT NULL)),
    CHECK ((reward_id IS NULL) = (place_id IS NULL)),
    FOREIGN KEY (reward_id, place_id) REFERENCES stock
);
CREATE INDEX hold_due ON hold (account_id, expires_at) WHERE state = 'pending';
CREATE INDEX hold_stock ON hold (reward_id, place_id) WHERE state = 'pending' AND reward_id IS NOT NULL;
CREATE INDEX hold_over ON hold (expires_at) WHERE state = 'pending';

CREATE TABLE redemption (
    id            uuid PRIMARY KEY,
    scope         text NOT NULL,                         -- who asked: device:<id> or member:<id>; the same as in idempotency
    client_key    text NOT NULL,
    request_hash  bytea NOT NULL,
    reward_id     uuid NOT NULL,
    place_id      uuid NOT NULL,
    account_id    bigint NOT NULL REFERENCES account,
    member_id     uuid NOT NULL REFERENCES member,
    actor_id      uuid NOT NULL,
    price         bigint NOT NULL CHECK (price > 0),     -- units of 1/100 point
    transfer_id   uuid NOT NULL UNIQUE REFERENCES transfer,
    hold_id       uuid UNIQUE REFERENCES hold,           -- where a machine handed over
    code          text NOT NULL UNIQUE,                  -- shown on the receipt
    state         text NOT NULL CHECK (state IN ('to_collect', 'collected', 'undone')),
    made_at       timestamptz NOT NULL,
    collected_at  timestamptz,
    collected_by  uuid,                                  -- the keeper, or the machine
    UNIQUE (scope, client_key),
    FOREIGN KEY (reward_id, place_id) REFERENCES stock,
    CHECK (state <> 'to_collect' OR collected_at IS NULL),
    CHECK (state <> 'collected' OR collected_at IS NOT NULL),
    CHECK ((collected_at IS NULL) = (collected_by IS NULL))
);
CREATE INDEX redemption_account ON redemption (account_id, made_at);
CREATE INDEX redemption_stock ON redemption (reward_id, place_id, made_at);

-- Every change of a stock but the units that redemptions take: deliveries, corrections, and what an undone redemption brought back.
CREATE TABLE stock_move (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reward_id      uuid NOT NULL,
    place_id       uuid NOT NULL,
    change         int NOT NULL CHECK (change <> 0),
    reason         text NOT NULL CHECK (reason <> ''),
    redemption_id  uuid UNIQUE REFERENCES redemption,    -- the one that was undone
    actor_id       uuid NOT NULL,
    at             timestamptz NOT NULL,
    FOREIGN KEY (reward_id, place_id) REFERENCES stock
);
CREATE INDEX stock_move_stock ON stock_move (reward_id, place_id, id);
