"""E-mail addresses in the one form in which they are kept and compared."""

from django.core.exceptions import ValidationError


def normalize_email(text: str) -> str:
    """The address without blanks around it, in lower case, with its domain in ASCII (``xn--…``).

    Two spellings of one address are equal then, and no letter that merely looks like another makes an address of
    somebody else. Raises ``ValidationError``; that the result is an address at all is for the field to say.
    """
    local, at, domain = text.strip().lower().rpartition("@")
    if not local.isascii():
        raise ValidationError("Before the @ an address has only unaccented letters, digits and signs.")
    if domain.isascii():
        return f"{local}{at}{domain}"
    try:
        encoded = domain.encode("idna")
        is_faithful = encoded.decode("idna") == domain
    except UnicodeError:
        is_faithful = False
    if not is_faithful:  # such as ß, which one standard reads as ss and the next one as itself
        raise ValidationError("Write the domain of this address in its ASCII form (xn--…).")
    return f"{local}{at}{encoded.decode('ascii')}"


def login_name(typed: str) -> str:
    """A username or an address as somebody typed it, in the one spelling by which accounts are found.

    Not ASCII where it can be nobody's.
    """
    try:
        return normalize_email(typed)
    except ValidationError:
        return typed.strip().lower()
