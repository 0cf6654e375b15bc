"""Whose address a request comes from: the key of limits for people who are not signed in."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import Any

from litestar.connection import ASGIConnection

from timebank.settings import Settings


def address_of(connection: ASGIConnection[Any, Any, Any, Any], settings: Settings) -> str:
    """The peer's address; behind a trusted proxy the last one in X-Forwarded-For that is no trusted proxy itself.

    Anybody can write the header, so it counts only from a peer named in `trusted_proxies`. IPv6 by its network: a household
    has more addresses than tries.
    """
    peer = connection.client.host if connection.client else ""
    if peer in settings.trusted_proxies:
        told = ",".join(connection.headers.getall("x-forwarded-for", []))
        way = [part.strip() for part in told.split(",") if part.strip()]
        peer = next((part for part in reversed(way) if part not in settings.trusted_proxies), peer)
    return network(peer)


def network(address: str) -> str:
    """The address itself, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)
