"""The shapes of Discord and Slack, whatever teams are called."""

import re

import pytest

from notifications.webhooks.chat import Said, discord, slack

HOSTILE = [
    "@everyone",
    "<@123>",
    "<!channel>",
    "<script>alert(1)</script>",
    "[x](https://evil.example)",
    "**bold** __u__ ~~s~~ ||spoiler|| `code` # head",
    "& &amp; <https://evil.example|x>",
    "x" * 10_000,
    "\\" * 5_000,
    "&" * 5_000,
    "🏎" * 3_000,
    "*" * 4_000,
]


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("name", HOSTILE)
def test_discord_takes_it_and_nothing_in_it_means_anything(name: str) -> None:
    message = discord(Said(name, name, "/leagues/1/", name))

    (embed,) = message["embeds"]
    assert message["allowed_mentions"] == {"parse": []}
    assert "content" not in message
    assert units(embed["title"]) <= 256
    assert units(embed["description"]) <= 4096
    assert units(embed["footer"]["text"]) <= 2048
    assert sum(units(part) for part in (embed["title"], embed["description"], embed["footer"]["text"])) <= 6000
    for part in (embed["title"], embed["description"]):
        without_escapes = re.sub(r"\\[^a-z0-9\s]", "", part)
        assert not re.search(r"[\\*_~`|>#\[\]()<@:]", without_escapes)
    assert embed["url"] == "http://localhost:8000/leagues/1/"


@pytest.mark.parametrize("name", HOSTILE)
def test_slack_takes_it_and_nothing_in_it_means_anything(name: str) -> None:
    message = slack(Said(name[:200], name, "/leagues/1/", name[:200]))

    section, context = message["blocks"]
    texts = [section["text"], *context["elements"]]
    assert all(text["type"] == "mrkdwn" and text["verbatim"] for text in texts)
    assert all(len(text["text"]) <= 3000 for text in texts)
    assert len(message["text"]) <= 4000
    own_link = "<http://localhost:8000/leagues/1/|Open>"
    assert context["elements"][0]["text"].endswith(own_link)
    for text in (section["text"]["text"], context["elements"][0]["text"].removesuffix(own_link), message["text"]):
        assert not re.search(r"[<>]|@\w", text)
        assert re.sub(r"&(amp|lt|gt);", "", text).count("&") == 0


def test_what_is_short_stays_whole() -> None:
    said = Said("Moon Grand Prix", "1. Apex (25)", "/", "Paddock")

    assert discord(said)["embeds"][0]["description"] == r"1\. Apex \(25\)"
    assert slack(said)["blocks"][0]["text"]["text"] == "*Moon Grand Prix*\n1. Apex (25)"
