"""Everything at once, at random: the sums are right at every moment, and nothing deadlocks."""

from __future__ import annotations

import os
import random

import pytest

from tests.given import People
from tests.races import play

pytestmark = pytest.mark.race

CLIENTS = 16
OPERATIONS = 1300 if os.environ.get("PROOFS") == "long" else 400 if os.environ.get("CHAOS") == "long" else 60
"""Of each client: 20,800 in all by `make proofs`."""

DEEDS = (
    *("earn", "redeem", "hold", "capture", "hand_over", "give", "donate", "issue", "offer", "answer_gift", "serve", "correct"),
    *("undo", "reverse", "InsufficientPoints", "HoldOver"),
)


@pytest.mark.scenario("ledger-64", "ledger-125", "ledger-126")
async def test_random_operations_on_few_wallets_keep_every_sum(folk: People) -> None:
    """guards Q1, P7: lots are chosen in a statement after the lock, and one snapshot gives no false alarm."""
    seed = int(os.environ.get("SEED") or random.randrange(1_000_000))
    print(f"seed {seed}; again: python -m tests.races.play --seed {seed} --clients {CLIENTS} --operations {OPERATIONS}")
    told = await play.play(folk, seed, CLIENTS, OPERATIONS, [*DEEDS, "looks"])
    print(dict(told))
    for deed in DEEDS:
        assert told[deed], f"no {deed} among {dict(told)}, however long they went on"
    assert told["looks"]
