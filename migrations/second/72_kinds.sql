-- What the books know: written here and nowhere else in this step, so that no file drops what another one added.

-- 'opening' is the balance of another scheme and no credit: nothing was earned here. 'support' is what a pool pays
-- for a member in need, and what goes back to it of that. 'revive' brings back what expired of a credit that is taken back, so that
-- nobody owes it.
ALTER TABLE transfer DROP CONSTRAINT transfer_kind_check;
ALTER TABLE transfer ADD CONSTRAINT transfer_kind_check CHECK (kind IN (
    'credit', 'redeem', 'capture', 'expire', 'gift', 'donate', 'issue', 'reverse', 'advance', 'repay', 'correct', 'opening', 'exchange',
    'support', 'revive'));

-- `ledger.capture` moves what was held for a gift or an exchange under its own kind.
ALTER TABLE hold DROP CONSTRAINT hold_purpose_check;
ALTER TABLE hold ADD CONSTRAINT hold_purpose_check CHECK (purpose IN ('reward', 'booking', 'gift', 'exchange'));
