-- Statements, and the figures of the board opened to their rows.

-- What somebody did on the wallets of others stands in their own statement. Credits name nobody and cost nothing here.
CREATE INDEX transfer_actor ON transfer (actor_id, recorded_at) WHERE actor_id IS NOT NULL;

-- The same for hours that somebody else than the member entered.
CREATE INDEX service_record_entered ON service_record (entered_by, recorded_at) WHERE entered_by <> member_id;
