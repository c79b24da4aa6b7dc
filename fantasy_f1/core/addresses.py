"""Where a request comes from: the other end of the connection, or what a trusted proxy says of it."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
UNKNOWN = "unknown"
NETWORK_BITS = 64
"""What an IPv6 client is known by: it picks the rest of its address as it likes."""
_WITH_PORT = re.compile(r"\[(.+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+")


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address, without a zone; ``None`` where there is none, as on a Unix socket.

    ``X-Forwarded-For`` counts only where the connection comes from one of ``TRUSTED_PROXIES``, and of it the last entry
    that is none of them: what stands left of that, the client may have written itself.
    """
    address = _client(request)
    return str(address) if address else None


def client_network(request: HttpRequest) -> str:
    """What stands for the client where requests are counted: the IPv4 address, or the /64 of the IPv6 address."""
    address = _client(request)
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), NETWORK_BITS), strict=False))
    return str(address) if address else UNKNOWN


def _client(request: HttpRequest) -> Address | None:
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while address and _is_trusted(address) and forwarded:
        before = _parsed(forwarded.pop())
        if before is None:  # not of a proxy that we understand: the last that we do has to stand for it
            break
        address = before
    return address


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _parsed(text: str) -> Address | None:
    """The address in an entry, which may also name a port; IPv4 inside of IPv6 is IPv4."""
    text = text.strip().partition("%")[0]
    with_port = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address(with_port[1] or with_port[2] if with_port else text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
