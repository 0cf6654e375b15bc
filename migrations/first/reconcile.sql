-- What must be nothing: each view lists what is wrong, one row a case, with the account or thing it concerns. `reconcile` reads all
-- of them in one snapshot; a view added here is checked without further ado.

CREATE SCHEMA reconcile;

CREATE VIEW reconcile.wallet_is_its_postings AS
SELECT 'account ' || w.account_id AS subject, format('posted %s, postings %s', w.posted, coalesce(p.total, 0)) AS detail
FROM wallet w LEFT JOIN (SELECT account_id, sum(amount) AS total FROM posting GROUP BY account_id) p USING (account_id)
WHERE w.posted <> coalesce(p.total, 0);

CREATE VIEW reconcile.postings_follow_each_other AS
SELECT 'account ' || account_id AS subject, format('line %s does not follow the one before it', seq) AS detail
FROM (
    SELECT account_id, seq, amount, balance_after,
        lag(seq, 1, 0::bigint) OVER mine AS seq_before, lag(balance_after, 1, 0::bigint) OVER mine AS balance_before
    FROM posting WINDOW mine AS (PARTITION BY account_id ORDER BY seq)) lines
WHERE seq <> seq_before + 1 OR balance_after <> balance_before + amount
UNION ALL
SELECT 'account ' || w.account_id, format('seq %s, last line %s', w.seq, coalesce(p.last, 0))
FROM wallet w LEFT JOIN (SELECT account_id, max(seq) AS last FROM posting GROUP BY account_id) p USING (account_id)
WHERE w.seq <> coalesce(p.last, 0);

CREATE VIEW reconcile.wallet_is_its_transfers AS
SELECT 'account ' || w.account_id AS subject, format('posted %s, transfers %s', w.posted, coalesce(t.total, 0)) AS detail
FROM wallet w LEFT JOIN (
    SELECT account_id, sum(amount) AS total FROM (
        SELECT to_account AS account_id, amount FROM transfer UNION ALL SELECT from_account, -amount FROM transfer) sides
    GROUP BY account_id) t USING (account_id)
WHERE w.posted <> coalesce(t.total, 0);

CREATE VIEW reconcile.wallet_is_its_lots AS
SELECT 'account ' || w.account_id AS subject, format('posted %s, lots %s', w.posted, coalesce(l.total, 0)) AS detail
FROM wallet w LEFT JOIN (SELECT account_id, sum(remaining) AS total FROM lot GROUP BY account_id) l USING (account_id)
WHERE w.floor = 0 AND w.posted <> coalesce(l.total, 0);

CREATE VIEW reconcile.held_is_its_holds AS
SELECT 'account ' || w.account_id AS subject, format('held %s, pending holds %s', w.held, coalesce(h.total, 0)) AS detail
FROM wallet w LEFT JOIN (SELECT account_id, sum(amount) AS total FROM hold WHERE state = 'pending' GROUP BY account_id) h USING (account_id)
WHERE w.held <> coalesce(h.total, 0);

CREATE VIEW reconcile.lot_is_what_its_uses_left AS
SELECT 'account ' || l.account_id AS subject,
    format('lot %s of %s: remaining %s, used %s', l.id, l.amount, l.remaining, coalesce(u.total, 0)) AS detail
FROM lot l LEFT JOIN (SELECT lot_id, sum(amount) AS total FROM lot_use GROUP BY lot_id) u ON u.lot_id = l.id
WHERE l.remaining <> l.amount - coalesce(u.total, 0);

CREATE VIEW reconcile.transfer_out_drew_lots AS
SELECT 'transfer ' || t.id AS subject, format('amount %s, drawn %s', t.amount, coalesce(u.total, 0)) AS detail
FROM transfer t JOIN wallet w ON w.account_id = t.from_account AND w.floor = 0
LEFT JOIN (SELECT transfer_id, sum(amount) AS total FROM lot_use GROUP BY transfer_id) u ON u.transfer_id = t.id
WHERE t.amount <> coalesce(u.total, 0);

CREATE VIEW reconcile.transfer_in_made_lots AS
SELECT 'transfer ' || t.id AS subject, format('amount %s, lots %s', t.amount, coalesce(l.total, 0)) AS detail
FROM transfer t JOIN wallet w ON w.account_id = t.to_account AND w.floor = 0
LEFT JOIN (SELECT transfer_id, account_id, sum(amount) AS total FROM lot GROUP BY transfer_id, account_id) l
    ON l.transfer_id = t.id AND l.account_id = t.to_account
WHERE t.amount <> coalesce(l.total, 0);

CREATE VIEW reconcile.transfer_has_its_lines AS
SELECT 'transfer ' || t.id AS subject, format('%s lines that add up to %s', coalesce(p.lines, 0), coalesce(p.total, 0)) AS detail
FROM transfer t LEFT JOIN (SELECT transfer_id, count(*) AS lines, sum(amount) AS total FROM posting GROUP BY transfer_id) p
    ON p.transfer_id = t.id
WHERE coalesce(p.lines, 0) <> (t.from_account > 0)::int + (t.to_account > 0)::int
    OR coalesce(p.total, 0) <> t.amount * ((t.to_account > 0)::int - (t.from_account > 0)::int);

CREATE VIEW reconcile.transfer_names_what_exists AS
SELECT 'transfer ' || t.id AS subject, format('account %s does not exist', a.id) AS detail
FROM transfer t CROSS JOIN LATERAL (VALUES (t.from_account), (t.to_account)) a (id)
WHERE NOT EXISTS (SELECT FROM account WHERE account.id = a.id)
UNION ALL
SELECT 'transfer ' || t.id, 'its policy does not exist'
FROM transfer t WHERE t.policy_id IS NOT NULL AND NOT EXISTS (SELECT FROM policy WHERE policy.id = t.policy_id)
UNION ALL
SELECT 'intent ' || i.business_key, 'its policy does not exist'
FROM intent i WHERE i.policy_id IS NOT NULL AND NOT EXISTS (SELECT FROM policy WHERE policy.id = i.policy_id);

CREATE VIEW reconcile.debts_are_receivable AS
SELECT 'receivable' AS subject, format('open debts %s, advanced less repaid %s', owed, lent) AS detail
FROM (SELECT coalesce(sum(amount - paid), 0) AS owed FROM debt) d,
    (SELECT coalesce(sum(CASE WHEN from_account = ledger.receivable() THEN amount ELSE -amount END), 0) AS lent
     FROM transfer WHERE ledger.receivable() IN (from_account, to_account)) t
WHERE owed <> lent;

CREATE VIEW reconcile.promise_kept_is_one_credit AS
SELECT 'intent ' || i.business_key AS subject, 'done without a credit of its amount to its account' AS detail
FROM intent i LEFT JOIN transfer t ON t.id = i.transfer_id
WHERE i.state = 'done' AND i.kind <> 'correct'
    AND (t.business_key, t.to_account, t.amount) IS DISTINCT FROM ('intent:' || i.business_key, i.account_id, i.amount)
UNION ALL
SELECT 'intent ' || i.business_key, 'corrected without a transfer of its amount from its account'
FROM intent i LEFT JOIN transfer t ON t.id = i.transfer_id
WHERE i.state = 'done' AND i.kind = 'correct'
    AND (t.business_key, t.from_account, t.amount) IS DISTINCT FROM ('correct:' || i.business_key, i.account_id, i.amount)
UNION ALL
SELECT 'transfer ' || t.id, 'a credit whose intent is not done'
FROM transfer t LEFT JOIN intent i ON i.transfer_id = t.id AND i.state = 'done'
WHERE t.kind = 'credit' AND t.business_key LIKE 'intent:%' AND i.id IS NULL;

-- A stay of minutes scanned in and out promises at once; any other does once its record is there, which needs a second person.
CREATE VIEW reconcile.attendance_has_its_promise AS
SELECT 'attendance ' || a.id AS subject, format('version %s has no intent', a.version) AS detail
FROM attendance a JOIN session s ON s.id = a.session_id JOIN activity c ON c.id = s.activity_id AND c.is_service
LEFT JOIN service_record r ON r.attendance_id = a.id AND r.version = a.version
LEFT JOIN intent i ON i.business_key = format('attendance:%s:v%s', a.id, a.version)
WHERE a.version > 0 AND a.state = 'counts' AND i.id IS NULL AND r.is_withdrawn IS NOT TRUE
    AND (r.id IS NOT NULL OR (a.is_by_code AND a.minutes > 0));

-- What a correction said the stay comes to is what all its versions together have brought, or will.
CREATE VIEW reconcile.stay_comes_to_its_last_version AS
WITH version AS (
    SELECT split_part(i.business_key, ':v', 1) AS stay, split_part(i.business_key, ':v', 2)::int AS version,
        (i.payload ->> 'comes_to')::bigint AS comes_to,
        CASE WHEN i.kind = 'correct' THEN -i.amount ELSE i.amount END AS amount, t.id IS NOT NULL AS is_reversed
    FROM intent i LEFT JOIN transfer t ON t.reverses = i.transfer_id
    WHERE i.business_key LIKE 'attendance:%:v%' AND i.state IN ('pending', 'done', 'nothing')
), last AS (
    SELECT DISTINCT ON (stay) stay, comes_to FROM version ORDER BY stay, version DESC
)
SELECT last.stay AS subject, format('comes to %s, brought %s', last.comes_to, sum(version.amount)) AS detail
FROM last JOIN version USING (stay) WHERE last.comes_to IS NOT NULL
GROUP BY last.stay, last.comes_to HAVING last.comes_to <> sum(version.amount) AND NOT bool_or(version.is_reversed);

CREATE VIEW reconcile.wallets_are_what_was_issued AS
SELECT 'all wallets' AS subject, format('together %s, issued and advanced less redeemed, expired and repaid %s', together, flow) AS detail
FROM (SELECT coalesce(sum(posted), 0) AS together FROM wallet) w,
    (SELECT coalesce(sum(amount * ((from_account < 0)::int - (to_account < 0)::int)), 0) AS flow FROM transfer) t
WHERE together <> flow;

CREATE VIEW reconcile.stock_is_its_moves AS
SELECT format('reward %s at place %s', s.reward_id, s.place_id) AS subject,
    format('count %s, moves %s, taken %s', s.count, coalesce(m.total, 0), coalesce(r.taken, 0)) AS detail
FROM stock s
LEFT JOIN (SELECT reward_id, place_id, sum(change) AS total FROM stock_move GROUP BY reward_id, place_id) m USING (reward_id, place_id)
LEFT JOIN (SELECT reward_id, place_id, count(*) AS taken FROM redemption GROUP BY reward_id, place_id) r USING (reward_id, place_id)
WHERE s.count <> coalesce(m.total, 0) - coalesce(r.taken, 0);

CREATE VIEW reconcile.redemption_is_one_transfer AS
SELECT 'redemption ' || r.id AS subject, 'no transfer of its price from its account' AS detail
FROM redemption r JOIN transfer t ON t.id = r.transfer_id
WHERE (t.from_account, t.to_account, t.amount) IS DISTINCT FROM (r.account_id, ledger.redeemed(), r.price)
UNION ALL
SELECT 'transfer ' || t.id, 'redeemed without a redemption'
FROM transfer t LEFT JOIN redemption r ON r.transfer_id = t.id
WHERE t.to_account = ledger.redeemed() AND t.kind = 'redeem' AND r.id IS NULL
UNION ALL
SELECT 'redemption ' || r.id, 'undone in one place only'
FROM redemption r LEFT JOIN transfer t ON t.reverses = r.transfer_id
WHERE (r.state = 'undone') <> (t.id IS NOT NULL);

CREATE VIEW reconcile.nothing_below_its_floor AS
SELECT 'account ' || account_id AS subject, format('posted %s, held %s, floor %s', posted, held, floor) AS detail
FROM wallet WHERE held < 0 OR posted - held < floor
UNION ALL
SELECT 'account ' || account_id, format('lot %s: remaining %s of %s', id, remaining, amount) FROM lot WHERE remaining NOT BETWEEN 0 AND amount
UNION ALL
SELECT format('reward %s at place %s', reward_id, place_id), format('count %s', count) FROM stock WHERE count < 0;

CREATE VIEW reconcile.live_holds_have_their_unit AS
SELECT format('reward %s at place %s', s.reward_id, s.place_id) AS subject, format('count %s, live holds %s', s.count, h.live) AS detail
FROM stock s JOIN (
    SELECT reward_id, place_id, count(*) AS live FROM hold WHERE state = 'pending' AND expires_at > now() AND reward_id IS NOT NULL
    GROUP BY reward_id, place_id) h USING (reward_id, place_id)
WHERE h.live > s.count;
