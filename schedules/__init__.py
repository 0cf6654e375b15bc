"""When, where and who came: activities, sessions, sign-ups, spaces, bookings, scans and attendance.

Knows a person as an opaque `person_id`, a household as `household_id` and a community as `community_id`. Knows no HTTP,
no points, no queue and no pictures. Every function runs on the transaction that its caller opened.
"""
