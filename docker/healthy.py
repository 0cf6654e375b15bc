"""Is the API of this container ready? Asked by Docker; exit code 0 when it is."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

from timebank import settings


def main() -> int:
    chosen = settings.read()
    host = chosen.allowed_hosts[0] if chosen.allowed_hosts else chosen.base_url.split("://")[-1]
    ask = urllib.request.Request(f"http://127.0.0.1:{chosen.port}/health/ready", headers={"Host": host})
    try:
        with urllib.request.urlopen(ask, timeout=4) as answer:  # noqa: S310 - our own
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
