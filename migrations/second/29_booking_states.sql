-- The life of a booking: offered or asked for, confirmed, used, and every way in which it can end. Before the rules, which look at it.

ALTER TABLE booking
    DROP CONSTRAINT booking_state_check,
    ADD CONSTRAINT booking_state_check CHECK (state IN (
        'offered',                                       -- to who waits for the room: an occupancy of kind 'offer' that expires
        'pending',                                       -- asked for; holds its time (kind 'hold', until decide_by) or competes (none)
        'confirmed', 'in_use', 'done',
        'cancelled_by_user', 'cancelled_by_house', 'rejected', 'lapsed', 'released', 'ended_early')),
    ADD COLUMN decide_by        timestamptz,             -- the first instant at which a request has lapsed
    ADD COLUMN decided_by       uuid REFERENCES member,
    ADD COLUMN decided_at       timestamptz,
    ADD COLUMN override_reason  text NOT NULL DEFAULT '',  -- why staff booked it against the rules
    ADD COLUMN planned_ends_at  timestamptz,             -- the end before an early leave
    ADD COLUMN checked_in_at    timestamptz,
    ADD COLUMN checked_in_by    uuid REFERENCES member,
    ADD COLUMN series_id        uuid,
    ADD COLUMN series_on        date,                    -- the local date that the series meant, wherever it was moved since
    ADD COLUMN units            int NOT NULL DEFAULT 1 CHECK (units > 0),
    ADD COLUMN is_priced        boolean NOT NULL DEFAULT false,  -- its space had a price when it was booked: somebody else keeps it
    ADD CONSTRAINT booking_pending CHECK (state <> 'pending' OR decide_by IS NOT NULL),
    ADD CONSTRAINT booking_decided CHECK (decided_by IS NULL OR decided_at IS NOT NULL),
    ADD CONSTRAINT booking_checked_in CHECK ((checked_in_at IS NULL) = (checked_in_by IS NULL)),
    ADD CONSTRAINT booking_planned_end CHECK (planned_ends_at >= ends_at),
    ADD CONSTRAINT booking_of_series CHECK ((series_id IS NULL) = (series_on IS NULL));
CREATE INDEX booking_of_series ON booking (series_id, series_on) WHERE series_id IS NOT NULL;
CREATE INDEX booking_to_decide ON booking (decide_by) WHERE state = 'pending';

-- What becomes of a booking in this space: nothing stands between, or somebody decides.
ALTER TABLE space
    ADD COLUMN approval          text NOT NULL DEFAULT 'none' CHECK (approval IN ('none', 'holds', 'competing')),
    ADD COLUMN decide_within     int NOT NULL DEFAULT 2880 CHECK (decide_within > 0),  -- minutes; never beyond the start
    ADD COLUMN again_when_moved  boolean NOT NULL DEFAULT true,
    ADD COLUMN is_priced         boolean NOT NULL DEFAULT false;
