-- The verbs of the ledger as functions: one round trip, a fresh snapshot per statement. Written in points/ledger terms.
CREATE TRIGGER transfer_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posting_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON posting EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lot_use_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON lot_use EXECUTE FUNCTION refuse_change();
