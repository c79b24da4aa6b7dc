from ipaddress import ip_network

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from fantasy_f1.core.addresses import client_address, client_network

PROXIES = [ip_network("10.0.0.0/8"), ip_network("192.0.2.1"), ip_network("fd00::/8")]
text = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=30)
listed = st.sampled_from(["127.0.0.1", "10.0.0.1", "192.0.2.1", "198.51.100.4", "unknown", ""])


def seen(peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **headers))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("10.1.2.3", None, "10.1.2.3"),
        ("10.1.2.3", "198.51.100.7", "198.51.100.7"),
        ("10.1.2.3", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("10.1.2.3", "6.6.6.6,198.51.100.7 , 192.0.2.1", "198.51.100.7"),
        ("10.1.2.3", "10.9.9.9, 192.0.2.1", "10.9.9.9"),
        ("10.1.2.3", "198.51.100.7:5123", "198.51.100.7"),
        ("10.1.2.3", "[2001:db8::7]:5123, [fd00::2]", "2001:db8::7"),
        ("10.1.2.3", "198.51.100.7, unknown", "10.1.2.3"),
        ("10.1.2.3", "198.51.100.7, unknown, 192.0.2.1", "192.0.2.1"),
        ("10.1.2.3", "", "10.1.2.3"),
        ("::ffff:10.1.2.3", "::ffff:198.51.100.7", "198.51.100.7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("", "198.51.100.7", None),
        ("", None, None),
    ],
)
def test_the_client_is_the_last_that_no_trusted_proxy_is(
    peer: str, forwarded: str | None, expected: str, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = PROXIES

    assert seen(peer, forwarded) == expected


@given(forged=st.lists(listed | text, max_size=4))
def test_nothing_that_a_client_writes_changes_where_it_comes_from(forged: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.TRUSTED_PROXIES", PROXIES)
        direct = seen("203.0.113.9", ",".join(forged))
        through_proxies = seen("10.1.2.3", ",".join([*forged, "203.0.113.9", "192.0.2.1"]))

    assert (direct, through_proxies) == ("203.0.113.9", "203.0.113.9")


def test_without_trusted_proxies_none_is_believed() -> None:
    assert seen("127.0.0.1", "198.51.100.7") == "127.0.0.1"


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
    ],
)
def test_a_client_of_ipv6_counts_by_its_network(peer: str, expected: str) -> None:
    assert client_network(RequestFactory().get("/", REMOTE_ADDR=peer)) == expected
