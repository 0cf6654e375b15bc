"""The address of the service: taken before anything else is started, so that a taken port is told at once."""

from __future__ import annotations

import errno
import socket

from timebank.errors import CannotRun
from timebank.settings import Settings

BACKLOG = 2048


class AddressRefused(CannotRun):
    """The address cannot be had."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that child processes may share; raises AddressRefused."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        made = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressRefused(_why(error, host, port)) from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise AddressRefused(_why(error, host, port)) from error
    return made


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program. Choose another, for example TIMEBANK_PORT={port + 1}."
    if error.errno == errno.EACCES:
        return f"Port {port} is kept for root. Choose one above 1023, for example TIMEBANK_PORT=8000, behind a web server."
    every = "Set TIMEBANK_HOST to 127.0.0.1, or to 0.0.0.0 for every network."
    return f"This machine cannot listen on {host}: {error.strerror}. {every}"


def public_url(settings: Settings) -> str:
    """Where others reach this machine: what was set, else its own address in the network when it listens on all."""
    if settings.public_url or settings.host not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return settings.base_url
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address; a datagram socket sends nothing to connect
            return f"http://{probe.getsockname()[0]}:{settings.port}"
        except OSError:
            return f"http://127.0.0.1:{settings.port}"
