-- What bookings cost, frozen; rounds in which scarce times are drawn by lot.

-- The price list of a space as staff keep it now: timebank.points.prices.PriceList.
CREATE TABLE price_list (
    space_id    uuid PRIMARY KEY REFERENCES space,
    list        jsonb NOT NULL,
    changed_at  timestamptz NOT NULL,
    changed_by  uuid NOT NULL REFERENCES member
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'price_list');

-- What one booking costs, and the list as it was when it was made: later lists change nothing about it (booking-114).
CREATE TABLE booking_price (
    booking_id  uuid PRIMARY KEY REFERENCES booking,
    account_id  bigint NOT NULL REFERENCES wallet,
    units       bigint NOT NULL CHECK (units >= 0),      -- units of 1/100 point
    lines       jsonb NOT NULL,                          -- how the sum came about
    list        jsonb NOT NULL,
    state       text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'settled')),
    charged     bigint NOT NULL DEFAULT 0,
    hold_id     uuid UNIQUE REFERENCES hold,             -- none: nothing is held, because it costs nothing
    version     int NOT NULL DEFAULT 1,                  -- counts the holds of this booking
    changed_at  timestamptz NOT NULL,
    at_least    bigint NOT NULL DEFAULT 0 CHECK (at_least >= 0), -- what giving it up costs, because it was moved too late
    was_granted boolean NOT NULL DEFAULT false,          -- moved as a booking: not merely asked for, although it waits again
    CHECK (charged BETWEEN 0 AND greatest(units, at_least)),
    CHECK (state = 'settled' OR (hold_id IS NOT NULL) = (units > 0)),
    CHECK (state = 'settled' OR charged = 0)
);
CREATE INDEX booking_price_held ON booking_price (booking_id) WHERE state = 'held';
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'booking_price');

-- Gives a captured hold back in full, once, in new lots with the old dates or the grace; a repeat gives the same transfer. For the
-- house's own cancellation (booking-113). None where the wallet was closed: nothing comes back to who has left, what was paid stays paid.
-- Lock order: hold, wallet. Refuses unknown_hold, hold_over where nothing was captured, reason_missing.
CREATE FUNCTION ledger.return_capture(p_hold uuid, p_actor uuid, p_reason text, p_grace interval, p_at timestamptz DEFAULT NULL)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_hold hold%ROWTYPE;
    v_at timestamptz;
    v_id uuid;
BEGIN
    SELECT * INTO v_hold FROM hold WHERE id = p_hold FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('unknown_hold');
    ELSIF coalesce(p_reason, '') = '' THEN
        PERFORM ledger.refuse('reason_missing');
    ELSIF v_hold.state <> 'captured' OR v_hold.to_account <> ledger.redeemed() THEN
        PERFORM ledger.refuse('hold_over', jsonb_build_object('state', v_hold.state, 'expires_at', v_hold.expires_at));
    END IF;
    v_at := ledger.lock_wallet(v_hold.account_id, p_at);
    -- The second of two waited for the hold above and finds the first one's reversal here.
    SELECT id INTO v_id FROM transfer WHERE reverses = v_hold.transfer_id;
    IF FOUND THEN
        RETURN v_id;
    ELSIF EXISTS (SELECT FROM account WHERE id = v_hold.account_id AND closed_at IS NOT NULL) THEN
        RETURN NULL;
    END IF;
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id, reason_code, reverses)
    VALUES (ledger.new_id(), 'return:' || p_hold, 'reverse', ledger.redeemed(), v_hold.account_id, v_hold.captured, v_at, v_at, p_actor,
        p_reason, v_hold.transfer_id)
    RETURNING id INTO v_id;
    PERFORM ledger.post(v_hold.account_id, v_id, v_hold.captured);
    INSERT INTO lot (account_id, transfer_id, line, amount, remaining, expires_at)
    SELECT v_hold.account_id, v_id, row_number() OVER (ORDER BY l.expires_at, l.id), u.amount, u.amount,
        CASE WHEN l.expires_at IS NOT NULL THEN greatest(l.expires_at, v_at + p_grace) END
    FROM lot_use u JOIN lot l ON l.id = u.lot_id WHERE u.transfer_id = v_hold.transfer_id;
    RETURN v_id;
END $$;

-- Gives a booking's time back, where it can still be cancelled. Two statements: the second sees the time that a move, for whose end
-- the first has waited, has taken; in one statement it would stay taken by nobody.
CREATE FUNCTION cancel_booking(p_booking uuid, p_state text, p_now timestamptz, p_by uuid, p_reason text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE booking SET state = CASE WHEN decide_by <= p_now AND state = 'pending' THEN 'lapsed' ELSE p_state END,
           sequence = sequence + 1, changed_at = p_now, changed_by = p_by, reason = p_reason
     WHERE id = p_booking AND (state = 'pending' OR state IN ('confirmed', 'in_use')
           AND p_now < CASE p_state WHEN 'cancelled_by_house' THEN ends_at ELSE starts_at END);
    IF FOUND THEN
        UPDATE occupancy SET active = false WHERE booking_id = p_booking AND active;
    END IF;
END $$;
