from decimal import Decimal

from fantasy_f1.core.schema import PlainDecimal, Problem, problems


def test_problems_describes_each_status() -> None:
    described = problems(400, 404)

    assert list(described) == [(400, "application/problem+json"), (404, "application/problem+json")]
    assert [answer.description for answer in described.values()] == [
        "The request is not valid: `invalid`",
        "Not found: `not_found`",
    ]
    assert {answer.response for answer in described.values()} == {Problem}


def test_a_plain_decimal_is_a_string() -> None:
    assert PlainDecimal().to_representation(Decimal("12.50")) == "12.5"
