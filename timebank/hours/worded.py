"""What an activity said of itself when a session of it ended: that is what people did there, whatever it is called since."""

from __future__ import annotations

# Joined beside `session s` and `activity a`. Who rewords it leaves the words of before in the audit, in the same transaction:
# the first ones that were replaced after the end are those of the end.
THEN = """
CROSS JOIN LATERAL (
    SELECT coalesce(old.title, a.title) AS title, coalesce(old.title_en, a.title_en) AS title_en,
           coalesce(old.content, a.content) AS content
      FROM (SELECT (array_agg(x.was ->> 'title' ORDER BY x.id) FILTER (WHERE x.was ? 'title'))[1] AS title,
                   (array_agg(x.was ->> 'title_en' ORDER BY x.id) FILTER (WHERE x.was ? 'title_en'))[1] AS title_en,
                   (array_agg(x.was ->> 'content' ORDER BY x.id) FILTER (WHERE x.was ? 'content'))[1] AS content
              FROM (SELECT d.id, d.detail -> 'was' AS was FROM audit d
                     WHERE d.subject = 'activity:' || a.id AND d.at > s.ends_at AND d.action = 'activity.reworded') x) old) w
"""
