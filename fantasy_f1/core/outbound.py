"""Posting to an address that a user named, without being led into our own network, or held up.

A name is looked up once, all its addresses must belong to the public internet, and the connection is made to the very
address that was looked at. No redirects, no proxies, one limit of time for everything, little of the answer is read.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, SimpleQueue
from threading import Thread, Timer
from time import monotonic

import certifi
from django.conf import settings
from django.utils import timezone
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Url, parse_url

from fantasy_f1 import __version__
from fantasy_f1.core.errors import DomainError

Address = IPv4Address | IPv6Address

TIMEOUT = 5.0
"""Seconds for all of it: looking the name up, connecting, sending, reading."""
MOST_READ = 64 * 1024
"""Bytes of an answer."""
MOST_TRIED = 3
"""Addresses of one name."""
LONGEST_URL = 1000
CA_FILE = certifi.where()

_HTTPS = 443
_FIRST_FREE_PORT = 1024
_RELAYS = ip_network("192.88.99.0/24")
_UNICAST = IPv6Network("2000::/3")
_NOT_UNICAST = (IPv6Network("2002::/16"), IPv6Network("3fff::/20"))
"""Of the above: tunnels into IPv4, examples."""
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(DomainError):
    """Nothing is sent to this address."""

    code = "address_refused"
    status = HTTPStatus.BAD_REQUEST


class Unreachable(Exception):
    """There was no connection: nothing was sent."""


class NoAnswer(Exception):
    """It was sent, in part at least, and no whole answer came in time: it may have arrived."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Their names in any case."""
    body: bytes
    """The first 64 KB."""

    @property
    def retry_after(self) -> timedelta:
        """How long the other side asks to be left alone; zero where it does not say."""
        value = self.headers.get("Retry-After", "").strip()
        try:
            if value.replace(".", "", 1).isdecimal():
                return timedelta(seconds=float(value))
            return max(parsedate_to_datetime(value) - timezone.now(), timedelta())
        except (ValueError, TypeError, OverflowError):
            return timedelta()


def check(url: str, *, timeout: float = TIMEOUT) -> None:
    """Raise ``AddressRefused``, in words for who typed it in, where ``post`` would not send to ``url``."""
    target = _parsed(url)
    try:
        _addresses(target, monotonic() + timeout)
    except Unreachable as error:
        raise AddressRefused(f"{error} Look at its spelling.", field="url") from error


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    timeout: float = TIMEOUT,
    before_sending: Callable[[], object] = lambda: None,
) -> Answer:
    """Send ``body`` to ``url`` → the answer, whatever its status; a redirect is one, and not followed.

    ``before_sending`` is called when the connection stands, just before the other side gets something. Raises
    ``AddressRefused``, ``Unreachable``, ``NoAnswer``; all within ``timeout`` seconds.
    """
    until = monotonic() + timeout
    target = _parsed(url)
    own = {"User-Agent": f"fantasy-f1/{__version__} (+{settings.BASE_URL})", "Host": target.netloc or ""}
    with closing(_connected(target, _addresses(target, until), until)) as connection:
        before_sending()
        with _cut_off(connection, until):
            try:
                connection.request(
                    "POST",
                    target.request_uri,
                    body,
                    {**headers, **own},
                    preload_content=False,
                    enforce_content_length=False,  # the status is what counts
                )
                answer = connection.getresponse()
                read = _beginning(answer)
            except (OSError, HTTPException, HTTPError) as error:
                raise NoAnswer(_in_words(error, "There was no whole answer", until)) from error
    if _left(until) <= 0:
        raise NoAnswer("There was no whole answer in time.")
    return Answer(answer.status, answer.headers, read)


def _beginning(answer: BaseHTTPResponse) -> bytes:
    """In pieces, each of which is small, whatever a chunk says of its length: of ``-1`` bytes ``read`` takes all."""
    read = b""
    while len(read) < MOST_READ and (piece := answer.read1(MOST_READ - len(read), decode_content=False)):
        read += piece
    return read[:MOST_READ]


def _parsed(url: str) -> Url:
    """What its parts are; the one reading of it, for checking and for connecting.

    With a backslash others read another host, and people would.
    """
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
        raise AddressRefused(f"This is no address of up to {LONGEST_URL} characters.", field="url")
    try:
        target = parse_url(url)
    except HTTPError as error:
        raise AddressRefused("This is no address.", field="url") from error
    if target.scheme != "https" and not (target.scheme == "http" and settings.OUTBOUND_LOOPBACK):
        raise AddressRefused("The address must begin with https://.", field="url")
    if not target.host:
        raise AddressRefused("The address names no host.", field="url")
    if target.auth:
        raise AddressRefused("The address must not hold a name or a password.", field="url")
    if target.port is not None and target.port != _HTTPS and target.port < _FIRST_FREE_PORT:
        raise AddressRefused(f"The port must be {_HTTPS}, or {_FIRST_FREE_PORT} or more.", field="url")
    return target


def _addresses(target: Url, until: float) -> list[Address]:
    """Those of the host, each of which may be connected to. Raises ``Unreachable`` where it has none."""
    host = (target.host or "").strip("[]")
    answers: SimpleQueue[set[str] | Exception] = SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            answers.put({str(address[0]) for *_, address in found})
        except (OSError, UnicodeError) as error:
            answers.put(error)

    Thread(target=look_up, name="look-up", daemon=True).start()  # it takes as long as others' name servers like
    try:
        answer = answers.get(timeout=max(_left(until), 0))
    except Empty as error:
        raise Unreachable(f"The host {host} was not found in time.") from error
    if isinstance(answer, Exception):
        raise Unreachable(f"The host {host} was not found.") from answer
    addresses = sorted(map(ip_address, answer), key=lambda address: (address.version, address.packed))
    if not all(_may_reach(address, target) for address in addresses):
        raise AddressRefused("The address leads into a network that is not part of the public internet.", field="url")
    return addresses


def _may_reach(address: Address, target: Url) -> bool:
    if address.is_loopback:
        return bool(settings.OUTBOUND_LOOPBACK)
    return target.scheme == "https" and _is_public(address)


def _is_public(address: Address) -> bool:
    """Stricter than ``is_global``, which takes IPv4 inside of IPv6, multicast and more for public."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and address not in _RELAYS
    if address in _NAT64:
        return _is_public(IPv4Address(address.packed[-4:]))
    return address.is_global and address in _UNICAST and not any(address in network for network in _NOT_UNICAST)


def _connected(target: Url, addresses: list[Address], until: float) -> HTTPConnection:
    failure: Exception = Unreachable("There is no address.")
    for address in addresses[:MOST_TRIED]:
        if (left := _left(until)) <= 0:
            break
        connection = _connection(target, address, left)
        try:
            connection.connect()
        except (OSError, HTTPException, HTTPError) as error:
            connection.close()
            failure = error
        else:
            return connection
    raise Unreachable(_in_words(failure, "There was no connection", until)) from failure


def _connection(target: Url, address: Address, timeout: float) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(str(address), target.port, timeout=timeout)
    context = ssl.create_default_context(cafile=CA_FILE)
    return HTTPSConnection(
        str(address), target.port or _HTTPS, timeout=timeout, ssl_context=context, server_hostname=target.host
    )


@contextmanager
def _cut_off(connection: HTTPConnection, until: float) -> Iterator[None]:
    """End the connection when the time is up: a limit for each read alone does not stop who sends byte by byte."""
    sock: socket.socket = connection.sock

    def end() -> None:
        with suppress(OSError):  # it may have ended
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not that of TLS, which another thread is reading

    timer = Timer(max(_left(until), 0), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # or it might end, by the number of a socket that is closed by then, what another thread opened


def _left(until: float) -> float:
    return until - monotonic()


def _in_words(error: Exception, what: str, until: float) -> str:
    return f"{what} in time." if _left(until) <= 0 else f"{what} ({type(error).__name__})."
