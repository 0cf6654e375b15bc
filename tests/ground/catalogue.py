"""What a migrated database holds, as lines of text: the written list is `catalogue.txt`.

`python -m tests.ground.catalogue` rewrites it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg

from timebank import migrate, servers

WRITTEN = Path(__file__).with_name("catalogue.txt")

QUERIES = (
    """SELECT format('column %s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
              CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
              CASE WHEN d.adbin IS NULL THEN '' ELSE ' default ' || pg_get_expr(d.adbin, d.adrelid) END)
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped""",
    """SELECT format('constraint %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'""",
    "SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal",
    """SELECT format('function %s md5 %s', p.oid::regprocedure, md5(prosrc))
         FROM pg_proc p WHERE pronamespace = 'public'::regnamespace""",
    """SELECT format('view %s md5 %s', viewname, md5(definition)) FROM pg_views WHERE schemaname = 'public'""",
    """SELECT format('grant %s on %s: %s', grantee, table_name, string_agg(privilege_type, ', ' ORDER BY privilege_type))
         FROM information_schema.role_table_grants WHERE table_schema = 'public' AND grantee = 'timebank_app' GROUP BY grantee, table_name""",
)


async def lines(url: str) -> list[str]:
    """Everything that the migrations made, sorted; Piccolo's own table is left out."""
    connection = await asyncpg.connect(url)
    try:
        found = [row[0] for query in QUERIES for row in await connection.fetch(query)]
    finally:
        await connection.close()
    return sorted(line for line in found if " migration" not in line)


def main() -> None:
    with servers.temporary() as running:
        migrate.run(running.owner_url)
        WRITTEN.write_text("\n".join(asyncio.run(lines(running.owner_url))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
