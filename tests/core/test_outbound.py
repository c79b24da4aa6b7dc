"""Addresses that users name: nothing inside is reached, and nobody outside holds us up."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pytest_django import Settings

from fantasy_f1.core import outbound
from fantasy_f1.core.outbound import AddressRefused, Answer, NoAnswer, Unreachable, check, post
from tests.receiver import Receiver, closed_port

pytestmark = pytest.mark.same_anywhere

PUBLIC = "93.184.215.14"
SHORT = 0.3


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.OUTBOUND_LOOPBACK = True
    with Receiver() as running:
        yield running


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What name servers say, which a test may change: addresses by name."""
    known: dict[str, list[str]] = {}
    really = socket.getaddrinfo

    def answer(host: str, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in known:
            if host[0].isdigit() or ":" in host:  # a literal, of whatever spelling
                return really(host, port, *args, **kwargs)
            raise socket.gaierror("Name or service not known")
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))
            for address in known[host]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


def send(url: str, *, timeout: float = 5.0, **headers: str) -> Answer:
    return post(url, body=b"hello", headers=headers, timeout=timeout)


def test_post_sends_the_body_and_gives_the_answer(receiver: Receiver) -> None:
    answer = send(receiver.url + "?a=1", Kind="test")

    (got,) = receiver.got
    assert (got.path, got.body, got.headers["Kind"]) == ("/hook?a=1", b"hello", "test")
    assert got.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert got.headers["User-Agent"].startswith("fantasy-f1/")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "9", b"thank you")


def test_post_takes_every_status_for_an_answer_and_follows_no_redirect(receiver: Receiver) -> None:
    receiver.answers(lambda handler: handler.answer("307", Location=f"http://127.0.0.1:{receiver.port}/x"), "503 7")

    assert send(receiver.url).status == 307
    assert len(receiver.got) == 1
    assert send(receiver.url).retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("", 0), ("3", 3), ("0.5", 0.5), ("soon", 0), ("-4", 0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)],
)
def test_retry_after_is_a_time_to_wait_or_none(value: str, seconds: float) -> None:
    assert Answer(429, {"Retry-After": value}, b"").retry_after == timedelta(seconds=seconds)


def test_retry_after_may_be_a_moment() -> None:
    answer = Answer(429, {"Retry-After": "Sun, 01 Jan 2090 00:00:00 GMT"}, b"")

    assert answer.retry_after > timedelta(days=365)


def test_retry_after_survives_what_no_clock_can_hold() -> None:
    assert Answer(429, {"Retry-After": "9" * 300}, b"").retry_after == timedelta()


def test_post_uses_no_proxy(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")

    assert send(receiver.url).status == 200


def test_post_reads_no_more_than_64_kb(receiver: Receiver) -> None:
    receiver.answers(lambda handler: handler.answer("200", body=b"x" * 3_000_000))

    assert send(receiver.url).body == b"x" * 64 * 1024


@pytest.mark.parametrize("size", [b"ffffffff", b"-1"])
def test_post_reads_no_more_than_64_kb_whatever_a_chunk_says_of_its_length(receiver: Receiver, size: bytes) -> None:
    def flood(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n")
        while True:
            handler.wfile.write(b"x" * 100_000)

    receiver.answers(flood)

    assert send(receiver.url).body == b"x" * 64 * 1024


def test_post_gives_up_on_who_does_not_answer(receiver: Receiver) -> None:
    over = Event()
    receiver.answers(lambda handler: over.wait(5))  # type: ignore[arg-type, return-value]

    with pytest.raises(NoAnswer, match="in time"):
        send(receiver.url, timeout=SHORT)
    over.set()


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nA: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_post_gives_up_on_who_answers_byte_by_byte(receiver: Receiver, start: bytes) -> None:
    def drip(handler: Any) -> None:
        handler.wfile.write(start)
        while True:
            handler.wfile.write(b"H")
            time.sleep(0.02)

    receiver.answers(drip)
    begun = time.monotonic()

    with pytest.raises(NoAnswer, match="in time"):
        send(receiver.url, timeout=SHORT)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("nonsense", [b"", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_what_is_no_whole_answer_may_have_arrived(receiver: Receiver, nonsense: bytes) -> None:
    receiver.answers(lambda handler: handler.wfile.write(nonsense) and None)

    with pytest.raises(NoAnswer, match="no whole answer"):
        send(receiver.url)


def test_a_status_counts_also_where_the_body_breaks_off(receiver: Receiver) -> None:
    receiver.answers(lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf") and None)

    answer = send(receiver.url)

    assert (answer.status, answer.body) == (200, b"half")


def test_before_sending_comes_when_the_connection_stands(receiver: Receiver) -> None:
    seen: list[int] = []

    post(receiver.url, body=b"", headers={}, before_sending=lambda: seen.append(len(receiver.got)))
    with pytest.raises(Unreachable):
        post(f"http://127.0.0.1:{closed_port()}/", body=b"", headers={}, before_sending=lambda: seen.append(len(seen)))

    assert seen == [0]


def test_nobody_there_is_unreachable(settings: Settings, names: dict[str, list[str]]) -> None:
    settings.OUTBOUND_LOOPBACK = True

    with pytest.raises(Unreachable, match="no connection"):
        send(f"http://127.0.0.1:{closed_port()}/")
    with pytest.raises(Unreachable, match=r"nowhere\.example was not found"):
        send("https://nowhere.example/")


def test_a_slow_name_server_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: over.wait(5) and [])

    with pytest.raises(Unreachable, match="not found in time"):
        send("https://slow.example/", timeout=0.05)
    with pytest.raises(AddressRefused, match="not found in time"):
        check("https://slow.example/", timeout=0.05)
    over.set()


# Where nothing is sent to ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "https://"),
        ("hooks.example", "https://"),
        ("http://hooks.example/", "https://"),
        ("ftp://hooks.example/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https://", "no host"),
        ("https:///x", "no host"),
        ("https://[::1/x", "no address"),
        ("https://hooks.example:99999/", "no address"),
        ("https://name@hooks.example/", "name or a password"),
        ("https://name:word@hooks.example/", "name or a password"),
        ("https://hooks.example:22/", "port"),
        ("https://hooks.example:80/", "port"),
        ("https://hooks.example/a b", "no address"),
        ("https://hooks.example/a\r\nX: y", "no address"),
        ("https://hooks.example\\@other.example/", "no address"),
        ("https://hooks.example/" + "x" * outbound.LONGEST_URL, "no address"),
        ("https://nowhere.example/", "not found. Look at its spelling"),
        ("https://" + "x" * 80 + ".example/", "not found"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(url: str, why: str, names: dict[str, list[str]]) -> None:
    names["hooks.example"] = [PUBLIC]

    with pytest.raises(AddressRefused, match=why) as refused:
        check(url)
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example/",
        "https://HOOKS.example/",
        "HTTPS://hooks.example:8443/a?b=c#d",
        "https://bücher.example/",
        f"https://{PUBLIC}/",
        "https://[2606:4700::1111]/",
    ],
)
def test_an_address_on_the_internet_is_taken(url: str, names: dict[str, list[str]]) -> None:
    names["hooks.example"] = [PUBLIC, "2606:4700::1111"]
    names["xn--bcher-kva.example"] = [PUBLIC]

    check(url)


INSIDE = [
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.215.14",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("inside", INSIDE)
def test_what_leads_inside_is_refused_also_beside_what_does_not(inside: str, names: dict[str, list[str]]) -> None:
    names["hooks.example"] = [inside]
    names["mixed.example"] = [PUBLIC, inside]
    literal = f"[{inside}]" if ":" in inside else inside

    for host in (literal, "hooks.example", "mixed.example"):
        with pytest.raises(AddressRefused, match="public internet"):
            check(f"https://{host}/")
        with pytest.raises(AddressRefused, match="public internet"):
            send(f"https://{host}/")


@pytest.mark.parametrize("host", ["127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "0", "[::ffff:7f00:1]"])
def test_other_spellings_of_this_host_are_refused(host: str, names: dict[str, list[str]]) -> None:
    with pytest.raises(AddressRefused):
        check(f"https://{host}/")


def test_nat64_of_a_public_address_is_public(names: dict[str, list[str]]) -> None:
    names["hooks.example"] = ["64:ff9b::5db8:d70e"]

    check("https://hooks.example/")


def test_loopback_is_opened_by_a_setting_and_nothing_else_with_it(
    settings: Settings, names: dict[str, list[str]]
) -> None:
    settings.OUTBOUND_LOOPBACK = True
    names.update({"here.example": ["127.0.0.1", "::1"], "hooks.example": [PUBLIC]})

    check("http://here.example:8000/")
    check("https://here.example:8443/")
    for refused in ("http://hooks.example/", "https://10.0.0.1/", "https://0.0.0.0/", "https://169.254.169.254/"):
        with pytest.raises(AddressRefused):
            check(refused)


def test_a_name_that_changes_its_address_is_looked_up_once(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """The address that was looked at is the one that is called."""
    asked: list[str] = []
    really = socket.getaddrinfo

    def answer(host: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        return really("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", answer)

    assert send(f"http://rebind.example:{receiver.port}/").status == 200
    assert asked == ["rebind.example", "127.0.0.1"]  # the second one connects, to a number
    assert receiver.got[0].headers["Host"] == f"rebind.example:{receiver.port}"


def test_the_next_address_is_tried_where_nobody_is(receiver: Receiver, names: dict[str, list[str]]) -> None:
    names["two.example"] = ["127.0.0.1", "::1"]
    names["127.0.0.1"] = ["127.0.0.9"]
    names["::1"] = ["127.0.0.1"]

    assert send(f"http://two.example:{receiver.port}/").status == 200


# TLS ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For hooks.example, with its key, in one file."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=hooks.example", "-addext", "subjectAltName=DNS:hooks.example"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


@pytest.fixture
def tls_receiver(certificate: Path, settings: Settings, names: dict[str, list[str]]) -> Iterator[Receiver]:
    settings.OUTBOUND_LOOPBACK = True
    names.update({"hooks.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Receiver(host="hooks.example", tls=context) as running:
        yield running


def test_the_certificate_must_be_of_the_name_and_of_somebody_trusted(
    tls_receiver: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unreachable, match="SSL"):
        send(tls_receiver.url)

    monkeypatch.setattr(outbound, "CA_FILE", str(certificate))
    assert send(tls_receiver.url).status == 200
    with pytest.raises(Unreachable, match="SSL"):
        send(tls_receiver.url.replace("hooks.example", "other.example"))
    assert len(tls_receiver.got) == 1


def test_a_slow_answer_over_tls_is_cut_off_too(
    tls_receiver: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(handler: Any) -> None:
        while True:
            handler.wfile.write(b"H")
            time.sleep(0.02)

    monkeypatch.setattr(outbound, "CA_FILE", str(certificate))
    tls_receiver.answers(drip)

    with pytest.raises(NoAnswer, match="in time"):
        send(tls_receiver.url, timeout=SHORT)
