"""A year of a node as a statement asks for it: of rows with instants, and of rows with days."""

from __future__ import annotations

ASKED = """(SELECT $1::uuid AS node, $2::date AS first, $3::date AS last, $4::text AS zone, $5::timestamptz AS now,
       $2::date::timestamp AT TIME ZONE $4::text AS since, ($3::date + 1)::timestamp AT TIME ZONE $4::text AS until) q"""
