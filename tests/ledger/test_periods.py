"""A closed month takes no bookings; what is taken back later is booked today, and the old date is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from schedules import sql
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import NOW
from timebank.outbox import intents
from timebank.points import periods, statements
from timebank.points.periods import PeriodClosed

pytestmark = pytest.mark.usefixtures("tx")


async def served(person: Person, at: datetime, units: int = 200) -> UUID:
    """A credit for service at that instant."""
    made = await intents.promise(f"attendance:{uuid4()}:v1", person.id, units, earned_at=at, at=at)
    assert await intents.keep(made.id, at) == "done"
    return made.id


@pytest.mark.parametrize(
    ("belongs_on", "last"),
    [(date(2026, 10, 31), date(2026, 11, 5)), (date(2026, 12, 1), date(2027, 1, 5)), (date(2027, 1, 31), date(2027, 2, 5))],
)
def test_a_month_is_open_until_the_day_of_the_next(belongs_on: date, last: date) -> None:
    periods.refuse_closed(belongs_on, last, 5)
    with pytest.raises(PeriodClosed) as caught:
        periods.refuse_closed(belongs_on, last + timedelta(days=1), 5)
    assert caught.value.facts == {"belongs_on": belongs_on, "closed_on": last}


@pytest.mark.scenario("ledger-105")
async def test_what_is_dated_into_a_closed_month_is_refused_and_recorded_today_with_the_old_date(
    people: People, client: httpx.AsyncClient
) -> None:
    service = datetime(2026, 10, 31, 15, 0, tzinfo=UTC)  # 23:00 in Shanghai: still October there
    wrong = await served(people.bob, service)
    path = f"/api/v1/movements/{wrong}"
    seen = (await client.get(path, headers=people.erin.bearer)).json()
    assert (seen["belongs_on"], seen["open_until"], seen["is_closed"]) == ("2026-10-31", "2026-11-05", True)
    before = await purse.rows()
    answer = await client.post(f"{path}/reversal", json={"reason": "was not there"}, headers=people.erin.bearer)
    assert (answer.status_code, answer.json()["code"]) == (409, "period_closed")
    assert answer.json()["closed_on"] == "2026-11-05"
    assert await purse.rows() == before
    today = {"reason": "was not there", "dated": "today"}
    answer = await client.post(f"{path}/reversal", json=today, headers=people.erin.bearer)
    assert answer.status_code == 201
    made = await sql.one(
        "SELECT effective_at, recorded_at, reverses, reason_code FROM transfer WHERE id = $1", UUID(answer.json()["id"])
    )
    assert (made["reverses"], made["reason_code"]) == (wrong, "was not there")
    assert made["effective_at"] > service + timedelta(days=6)
    line = (await statements.lines(people.bob.id, service + timedelta(minutes=1), datetime(2999, 1, 1, tzinfo=UTC)))[-1]
    assert (line.kind, line.units, line.effective_at) == ("reverse", -200, service), "the old date is shown"
    await purse.sound()


async def test_in_an_open_month_it_counts_on_the_day_of_the_service_and_once(people: People, client: httpx.AsyncClient) -> None:
    wrong = await served(people.bob, NOW)
    path = f"/api/v1/movements/{wrong}/reversal"
    first = await client.post(path, json={"reason": "was not there"}, headers=people.erin.bearer)
    again = await client.post(path, json={"reason": "was not there"}, headers=people.erin.bearer)
    assert first.json() == again.json()
    assert await sql.value("SELECT effective_at FROM transfer WHERE reverses = $1", wrong) == NOW
    assert (await client.post(path, json={"reason": ""}, headers=people.erin.bearer)).status_code == 400
    for person in (people.bob, people.carol):
        assert (await client.get(f"/api/v1/movements/{wrong}", headers=person.bearer)).status_code == 403
    assert (await client.get(f"/api/v1/movements/{uuid4()}", headers=people.erin.bearer)).status_code == 404


async def test_the_page_keeps_what_was_typed_and_shows_what_became_of_it(people: People, client: httpx.AsyncClient) -> None:
    wrong = await served(people.bob, datetime(2026, 10, 3, 3, 0, tzinfo=UTC))
    people.erin.sign_in(client)
    address = f"/office/movements/{wrong}"
    assert (await client.get(f"/office/movements?number={wrong}")).headers["location"] == address
    assert "closed since" in (await client.get(address)).text
    refused = await client.post(address, data={"reason": "was not there", "dated": "service"})
    assert refused.status_code == 409
    assert "was not there</textarea>" in refused.text
    assert "The books of that month are closed." in refused.text
    assert (await client.post(address, data={"reason": " ", "dated": "today"})).status_code == 400
    assert (await client.post(address, data={"reason": "x", "dated": "magic"})).status_code == 400
    assert (await client.post(address, data={"reason": "was not there", "dated": "today"})).status_code == 303
    assert "These points were taken back." in (await client.get(address)).text
