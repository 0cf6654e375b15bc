"""What is measured.

For each job its requests, its constant twin for the HTTP floor, and its fewest statements for the SQL floor.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from benchmarks import floor
from benchmarks.load import request
from benchmarks.world import ON_NOW, STEP, World

Work = list[list[bytes]]


@dataclass
class Case:
    """`requests(n)` gives that many fresh requests.

    `constant` is the path that decodes the same body and answers a constant. `is_again`: they were sent and accepted once before
    they are measured. `clients`: how many at once, where it is not as for the others.
    """

    name: str
    accepted: int
    constant: str
    requests: Callable[[int], list[tuple[str, bytes, list[tuple[str, str]]]]]
    floor: str
    is_again: bool = False
    clients: tuple[int, ...] | None = None

    def work(self, clients: int, count: int) -> tuple[Work, Work]:
        """Fresh requests dealt out to the clients, and the same bodies for the constant."""
        made = self.requests(count)
        ours = [request("POST", path, body, headers) for path, body, headers in made]
        constant = [request("POST", self.constant, body, headers) for _, body, headers in made]
        return [ours[n::clients] for n in range(clients)], [constant[n::clients] for n in range(clients)]


def bearer(token: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {token}")


class Supply:
    """Hands out what each kind of request uses up."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.scans = self._scans()
        self.slots = self._slots()
        self.turn = 0

    def _scans(self) -> Iterator[tuple[UUID, str, str]]:
        """Everybody in at the first of their two sessions, then at the other."""
        world = self.world
        for turn in range(2):
            for group in range(ON_NOW):
                activity = world.activities[(group + turn) % ON_NOW]
                for n in world.group(group):
                    yield activity, world.passes[n], world.desks[n % len(world.desks)]

    def _next_scans(self, count: int) -> list[tuple[UUID, str, str]]:
        """No more than there are members. Who came in before has left, or would not be let in anywhere else."""
        floor.run(self.world.owner_url, END_STAYS)
        return [next(self.scans) for _ in range(count)]

    def _slots(self) -> Iterator[tuple[UUID, int]]:
        for step in range(48, 300 * 48):
            for room in self.world.rooms:
                yield room, step

    def scan(self, count: int) -> list[tuple[str, bytes, list[tuple[str, str]]]]:
        made = []
        for activity, code, desk in self._next_scans(count):
            body = {"activities": [str(activity)], "code": code, "direction": "in", "nonce": secrets.token_hex(8)}
            made.append(("/api/v1/scans", json.dumps(body).encode(), [bearer(desk)]))
        return made

    def queue(self, count: int) -> tuple[str, bytes, list[tuple[str, str]]]:
        """What one desk has scanned without a network, all of it in one request."""
        now = datetime.now(UTC).isoformat()
        items = []
        for activity, code, _desk in self._next_scans(count):
            nonce = secrets.token_hex(8)
            scan = {"nonce": nonce, "activities": [str(activity)], "code": code, "direction": "in", "reason": "ok"}
            items.append(scan | {"happened_at": now, "skew_ms": 0})
        body = json.dumps({"sent_at": now, "items": items}).encode()
        return ("/api/v1/scans/uploads", body, [bearer(self.world.desks[0])])

    def booking(self, count: int) -> list[tuple[str, bytes, list[tuple[str, str]]]]:
        made = []
        for _ in range(count):
            room, step = next(self.slots)
            start = self.world.zero + step * STEP
            body = {
                "space_id": str(room),
                "starts_at": start.isoformat(),
                "ends_at": (start + STEP).isoformat(),
                "purpose": "practice",
                "people": 3,
            }
            made.append(
                (
                    "/api/v1/bookings",
                    json.dumps(body).encode(),
                    [bearer(self._member()), ("idempotency-key", secrets.token_hex(8))],
                )
            )
        return made

    def redemption(self, count: int) -> list[tuple[str, bytes, list[tuple[str, str]]]]:
        """Spread over the whole shelf."""
        return [self._redemption(self.world.rewards[n % len(self.world.rewards)]) for n in range(count)]

    def hot_redemption(self, count: int) -> list[tuple[str, bytes, list[tuple[str, str]]]]:
        """Everybody wants the same thing."""
        return [self._redemption(self.world.rewards[0]) for _ in range(count)]

    def _redemption(self, reward: UUID) -> tuple[str, bytes, list[tuple[str, str]]]:
        body = {"reward_id": str(reward), "price": 10, "place_id": str(self.world.place)}
        headers = [bearer(self._member()), ("idempotency-key", secrets.token_hex(8))]
        return ("/api/v1/redemptions", json.dumps(body).encode(), headers)

    def _member(self) -> str:
        self.turn += 1
        return self.world.tokens[self.turn % len(self.world.tokens)]


# As by a way out a moment later: without a scan for it the stay would stand against the log, and be settled anew by what comes next.
END_STAYS = """
WITH x AS (INSERT INTO scan (nonce, scanner_id, source, direction, raw_code, reason, session_id, signup_id, person_id, happened_at,
                             received_at)
           SELECT id::text, person_id, 'desk', 'out', 'bench', 'ok', session_id, signup_id, person_id, in_at,
                  in_at + interval '1 millisecond'
             FROM attendance WHERE out_at IS NULL RETURNING id, nonce, received_at)
UPDATE attendance h SET out_at = x.received_at, out_scan = x.id, minutes = 0, version = 1 FROM x WHERE h.id = x.nonce::uuid
"""
# The answer that the log keeps, found by desk and nonce.
AGAIN_FLOOR = """
\\set n random(1, 4000)
SELECT s.answer, s.person_id FROM bench_scan b JOIN scan s USING (scanner_id, nonce) WHERE b.n = :n AND s.reason = 'ok';
"""
# One row in the log and one in the attendance, found by the pass: no less would be a check-in.
SCAN_FLOOR = """
\\set n random(1, 1000000000)
WITH t AS MATERIALIZED (SELECT nextval('bench_turn') AS n),
     u AS (SELECT id, session_id, person_id FROM t JOIN bench_signup USING (n)),
     s AS (INSERT INTO scan (nonce, scanner_id, source, direction, raw_code, reason, session_id, signup_id, person_id, happened_at, received_at)
           SELECT :n::text, person_id, 'desk', 'in', 'bench', 'ok', session_id, id, person_id, now(), now() FROM u RETURNING id)
INSERT INTO attendance (id, signup_id, session_id, person_id, in_at, out_at, in_scan, minutes, version, is_by_code)
SELECT gen_random_uuid(), u.id, u.session_id, u.person_id, now(), now(), s.id, 0, 1, true FROM u, s;
"""
BOOKING_FLOOR = """
WITH t AS MATERIALIZED (SELECT nextval('bench_slot') AS n),
     r AS (SELECT s.id, s.key, t.n FROM t JOIN LATERAL (SELECT id, key FROM space ORDER BY key OFFSET t.n % 40 LIMIT 1) s ON true),
     b AS (INSERT INTO booking (id, space_id, person_id, household_id, made_by, starts_at, ends_at, terms, state, made_at, changed_at, changed_by)
           SELECT gen_random_uuid(), r.id, m.id, m.household_id, m.id, now() + (400 + r.n / 40) * interval '30 minutes' * 2,
                  now() + (401 + r.n / 40) * interval '30 minutes' * 2, '{}', 'confirmed', now(), now(), m.id
             FROM r, LATERAL (SELECT id, household_id FROM member WHERE number = 1 + r.n % 1000) m RETURNING id, starts_at, ends_at)
INSERT INTO occupancy (booking_id, space_key, kind, active, use_from, use_until, busy_until)
SELECT b.id, r.key, 'booking', true, b.starts_at + interval '1000 days', b.ends_at + interval '1000 days', b.ends_at + interval '1000 days' FROM b, r
ON CONFLICT DO NOTHING;
"""
# The wallet and the stock move, and the rows say so: transfer, posting, lot use, redemption.
REDEMPTION_FLOOR = """
\\set n random(1, 1000)
WITH m AS (SELECT a.id AS account, a.owner_id FROM member p JOIN account a ON a.owner_id = p.id WHERE p.number = :n),
     w AS (UPDATE wallet SET posted = posted - 10, seq = seq + 1 FROM m WHERE account_id = m.account RETURNING account_id, posted, seq),
     t AS (INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at)
           SELECT gen_random_uuid(), gen_random_uuid()::text, 'redeem', m.account, ledger.redeemed(), 10, now(), now() FROM m RETURNING id),
     p AS (INSERT INTO posting (account_id, seq, transfer_id, amount, balance_after) SELECT w.account_id, w.seq, t.id, -10, w.posted FROM w, t),
     l AS (UPDATE lot SET remaining = remaining - 10 WHERE id = (SELECT id FROM lot, m WHERE account_id = m.account AND remaining > 0 LIMIT 1) RETURNING id),
     u AS (INSERT INTO lot_use (lot_id, transfer_id, amount) SELECT l.id, t.id, 10 FROM l, t),
     s AS (UPDATE stock SET count = count - 1 WHERE reward_id = (SELECT id FROM bench_reward WHERE n = :n % 500) RETURNING reward_id, place_id)
INSERT INTO redemption (id, scope, client_key, request_hash, reward_id, place_id, account_id, member_id, actor_id, price, transfer_id, code, state, made_at)
SELECT t.id, 'bench', t.id::text, '', s.reward_id, s.place_id, m.account, m.owner_id, m.owner_id, 10, t.id, t.id::text, 'to_collect', now() FROM t, s, m;
"""
# The same with one row that everybody wants.
HOT_FLOOR = REDEMPTION_FLOOR.replace("n = :n % 500", "n = 0")
CROWDS = (1, 16, 64)


def cases(supply: Supply) -> list[Case]:
    return [
        Case("check-in", 201, "/test/constant/scans", supply.scan, SCAN_FLOOR),
        Case("check-in-again", 201, "/test/constant/scans", supply.scan, AGAIN_FLOOR, is_again=True),
        Case("booking", 201, "/test/constant/bookings", supply.booking, BOOKING_FLOOR),
        Case("redemption", 201, "/test/constant/redemptions", supply.redemption, REDEMPTION_FLOOR, clients=CROWDS),
        Case("redemption-hot", 201, "/test/constant/redemptions", supply.hot_redemption, HOT_FLOOR, clients=CROWDS),
    ]
