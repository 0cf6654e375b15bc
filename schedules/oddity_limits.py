"""From where on something in the scan log is shown to people: set by a community's dated policy."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Positive = Annotated[int, Meta(ge=1)]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """From where on something is put on the list; None: it is not looked for. Part of a community's dated policy."""

    phone_people: Positive | None = 3
    """Members, not all of one household, who checked in with one browser on one local day."""
    code_networks: Positive | None = 12
    """Members who used one venue code, which shows for fifteen seconds, from as many networks."""
    travel_minutes: Annotated[int, Meta(ge=1, le=240)] | None = 10
    """Between two places that are not rooms of one community."""
    desk_seconds: Annotated[int, Meta(ge=1, le=3600)] | None = 10
    """Between two desks that scanned one code."""
    stale_tries: Positive | None = 5
    """Codes out of date, of one member on one day."""
    revoked_scans: Positive | None = 3
    """Scans of a member's replaced pass in a month."""
    forged_codes: Positive | None = 3
    """Damaged or altered codes at one desk on one day."""
    unknown_codes: Positive | None = 30
    """Codes that lead to nobody, at one desk on one day."""
    lone_scans: Positive | None = 6
    """Scans of a desk in a month, where all of them are of one household."""
    own_by_name: Positive | None = 4
    """Scans of the operator's own household in a month, and check-ins by name of it where these are at least half."""
    forced_entries: Positive | None = 10
    """Of one operator in a month."""
    undone_scans: Positive | None = 10
    """Of one desk or operator in a month."""
    late_hours: Annotated[int, Meta(ge=1, le=720)] | None = 24
    """From a desk's first contact after a scan until it told of the scan."""
    keep_days: Annotated[int, Meta(ge=1, le=366)] = 30
    """How long browser and network of a self check-in are kept, as fingerprints."""
