-- Rounds in which scarce times of a space are drawn by lot: wishes until a deadline, a seed promised beforehand, results for all.

CREATE TABLE lottery_round (
    id             uuid PRIMARY KEY,
    space_id       uuid NOT NULL REFERENCES space,
    title          text NOT NULL CHECK (title <> ''),
    title_en       text NOT NULL DEFAULT '',
    opens_at       timestamptz NOT NULL,
    closes_at      timestamptz NOT NULL CHECK (closes_at > opens_at),
    per_household  int NOT NULL DEFAULT 1 CHECK (per_household > 0),
    seed_hash      text NOT NULL,                         -- published when the round opens: SHA-256 of the seed's text, in hex
    seed           text,                                  -- published with the draw
    drawn_at       timestamptz,
    made_by        uuid NOT NULL REFERENCES member,
    CHECK ((seed IS NULL) = (drawn_at IS NULL)),
    CHECK (drawn_at >= closes_at),
    CONSTRAINT lottery_seed_as_promised CHECK (encode(sha256(convert_to(seed, 'UTF8')), 'hex') = seed_hash)
);
CREATE INDEX lottery_of_space ON lottery_round (space_id, closes_at);
CREATE INDEX lottery_due ON lottery_round (closes_at) WHERE drawn_at IS NULL;

-- A time of the round, kept from everybody by a closure until the draw.
CREATE TABLE lottery_slot (
    round_id    uuid NOT NULL REFERENCES lottery_round,
    number      int NOT NULL CHECK (number > 0),
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL CHECK (ends_at > starts_at),
    closure_id  uuid NOT NULL REFERENCES closure,
    PRIMARY KEY (round_id, number)
);

-- One for each household; what the draw went by is written beside it when it is drawn.
CREATE TABLE lottery_entry (
    id            uuid PRIMARY KEY,
    round_id      uuid NOT NULL REFERENCES lottery_round,
    household_id  uuid NOT NULL REFERENCES household,
    person_id     uuid NOT NULL REFERENCES member,
    code          text NOT NULL,                          -- its name in public
    wishes        int[] NOT NULL CHECK (cardinality(wishes) > 0),  -- numbers of slots, the dearest first
    people        int NOT NULL CHECK (people > 0),
    changed_at    timestamptz NOT NULL,
    withdrawn_at  timestamptz,
    priority      int,
    losses        int,
    wins          int,
    rank          text,
    place         int,
    UNIQUE (round_id, household_id),
    UNIQUE (round_id, code),
    UNIQUE (round_id, place),
    CHECK (num_nulls(priority, losses, wins, rank, place) IN (0, 5))
);
CREATE INDEX lottery_entry_of_household ON lottery_entry (household_id);

-- Who got what: no slot twice.
CREATE TABLE lottery_award (
    round_id    uuid NOT NULL,
    slot        int NOT NULL,
    entry_id    uuid NOT NULL REFERENCES lottery_entry,
    booking_id  uuid NOT NULL UNIQUE REFERENCES booking,
    PRIMARY KEY (round_id, slot),
    FOREIGN KEY (round_id, slot) REFERENCES lottery_slot
);
CREATE INDEX lottery_award_of_entry ON lottery_award (entry_id);

-- Whose turn it was for a slot and who could not have it: the broken rules. The next in rank was asked.
CREATE TABLE lottery_pass (
    entry_id  uuid NOT NULL REFERENCES lottery_entry,
    slot      int NOT NULL,
    broken    jsonb NOT NULL,
    PRIMARY KEY (entry_id, slot)
);

-- What earlier rounds of a community mean for a household: rounds lost since it last won, rounds won in all.
CREATE TABLE lottery_memory (
    household_id  uuid NOT NULL REFERENCES household,
    community_id  uuid NOT NULL REFERENCES community,
    losses        int NOT NULL DEFAULT 0 CHECK (losses >= 0),
    wins          int NOT NULL DEFAULT 0 CHECK (wins >= 0),
    PRIMARY KEY (household_id, community_id)
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'lottery_round', 'lottery_entry', 'lottery_memory');
CALL pg_temp.allow('SELECT, INSERT', 'lottery_slot', 'lottery_award', 'lottery_pass');
