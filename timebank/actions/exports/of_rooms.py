"""Rooms that members booked, wished for, or did not use."""

from __future__ import annotations

from timebank.actions.exports.contents import Contents

ROOMS = (
    Contents(
        "bookings",
        "SELECT m.number AS member_number, s.name AS room, b.starts_at, b.ends_at, b.people, b.purpose, b.state, b.reason, "
        "b.made_at FROM booking b JOIN space s ON s.id = b.space_id JOIN member m ON m.id = b.person_id WHERE m.id = ANY ($1) "
        "ORDER BY 1, b.starts_at, b.id",
    ),
    Contents(
        "booking_series",
        "SELECT m.number AS member_number, s.name AS room, b.rule, b.first_on, b.starts, b.ends, b.people, b.purpose, "
        "b.made_at FROM booking_series b "
        "JOIN space s ON s.id = b.space_id JOIN member m ON m.id = b.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, b.made_at, b.id",
    ),
    Contents(
        "booked_with",
        "SELECT m.number AS member_number, s.name AS room, b.starts_at, p.added_at FROM booking_party p "
        "JOIN booking b ON b.id = p.booking_id "
        "JOIN space s ON s.id = b.space_id JOIN member m ON m.id = p.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, b.starts_at, b.id",
    ),
    Contents(
        "rooms_not_used",
        "SELECT m.number AS member_number, s.name AS room, n.noted_at, n.counts_until, n.forgiven_at, n.reason "
        "FROM room_no_show n "
        "JOIN space s ON s.id = n.space_id JOIN member m ON m.id = n.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, n.noted_at, n.booking_id",
    ),
    Contents(
        "rooms_wished",
        "SELECT m.number AS member_number, w.earliest_at, w.latest_at, w.minutes, w.people, w.purpose, w.state, w.made_at "
        "FROM room_wish w "
        "JOIN member m ON m.id = w.person_id WHERE m.id = ANY ($1) ORDER BY 1, w.made_at, w.id",
    ),
    Contents(
        "lots",
        "SELECT m.number AS member_number, r.title AS lottery, e.people, e.place AS drawn_place, e.withdrawn_at, e.changed_at "
        "FROM lottery_entry e "
        "JOIN lottery_round r ON r.id = e.round_id JOIN member m ON m.id = e.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, e.changed_at, e.id",
    ),
)
