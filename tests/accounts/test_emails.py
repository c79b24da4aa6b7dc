import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from accounts.emails import normalize_email


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Ana@Example.COM ", "ana@example.com"),
        ("ana+f1@example.com", "ana+f1@example.com"),
        ("ana@MÜNCHEN.de", "ana@xn--mnchen-3ya.de"),
        ("ana@xn--mnchen-3ya.de", "ana@xn--mnchen-3ya.de"),
        ("nowhere", "nowhere"),
    ],
)
def test_an_address_is_kept_in_one_form(given: str, kept: str) -> None:
    assert normalize_email(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "ſam@example.com",  # the long s, which in capitals is an S
        "mıke@example.com",
        "jürgen@example.com",
        "ana@straße.de",  # strasse.de to one standard, a domain of its own to the other
        "ana@ｅxample.com",
        "ana@münchen..de",
        f"ana@{'ü' * 70}.de",
    ],
)
def test_what_could_be_read_as_another_address_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        normalize_email(given)


@given(st.text(max_size=40) | st.emails())
def test_what_is_kept_is_plain_and_stays_as_it_is(text: str) -> None:
    try:
        kept = normalize_email(text)
    except ValidationError:
        return
    assert kept.isascii()
    assert normalize_email(kept) == kept
