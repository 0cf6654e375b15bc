"""Files that are sent a piece at a time."""

from __future__ import annotations

from urllib.parse import quote

from litestar.response import Stream

from timebank.actions.exports import exports
from timebank.actions.exports.exports import Export


def zipped(export: Export) -> Stream:
    """The ZIP of an export."""
    name = f"timebank-{export.community_en or export.community or 'member'}-{export.made_at:%Y-%m-%d}.zip"
    return Stream(
        exports.parts(export.id),
        media_type="application/zip",
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "cache-control": "no-store",
        },
    )
