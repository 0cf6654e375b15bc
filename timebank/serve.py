"""`timebank serve`: the API and the pages in this process, or in several that share one address."""

from __future__ import annotations

import socket
from typing import Any

import uvicorn

from timebank.settings import Settings

GRACE_SECONDS = 10
"""How long open answers, live pages among them, may take to end when the process is asked to stop."""


def run(settings: Settings, listening: int = -1) -> None:
    """Serve until SIGTERM or Ctrl-C. `listening` is the number of an open socket that the supervisor shares among processes.

    The settings must stand in the environment too: the application reads them there.
    """
    options: dict[str, Any] = {
        "factory": True,
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": list(settings.trusted_proxies),
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }
    if listening >= 0:
        config = uvicorn.Config("timebank.app:create_app", **options)
        uvicorn.Server(config).run(sockets=[socket.socket(fileno=listening)])
    else:
        uvicorn.run(
            "timebank.app:create_app", host=settings.host, port=settings.port, workers=settings.api_processes, **options
        )
