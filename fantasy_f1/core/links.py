"""Links in the API's description: what an answer leads to, for readers and for the tests that follow them."""

from typing import Any

from django.conf import settings

from fantasy_f1.core.examples import operations


def add_links(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Hook of drf-spectacular: what the setting ``API_LINKS`` says of an operation, in its answers of success."""
    for _, _, operation in operations(result):
        leads_to = settings.API_LINKS.get(operation["operationId"])
        if leads_to:
            links = {name: {"operationId": name, **how} for name, how in leads_to.items()}
            for status in ("200", "201"):
                if status in operation["responses"]:
                    operation["responses"][status]["links"] = links
    return result
