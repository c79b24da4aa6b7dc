"""Pages of API lists: ``?page=`` and ``?page_size=`` (at most 100)."""

import re
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request


class Pages(PageNumberPagination):
    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_page_size(self, request: Request) -> int:
        """As asked for; more than the most there is means the most. Anything else is refused (400)."""
        asked = request.query_params.get("page_size", str(self.page_size))
        if not re.fullmatch("[0-9]{1,18}", asked) or int(asked) == 0:
            raise ValidationError({"page_size": [f"A number from 1 to {self.max_page_size} is required."]})
        return min(int(asked), self.max_page_size)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        whole = {"type": "integer", "minimum": 1}
        return [
            {
                "name": "page",
                "in": "query",
                "schema": {**whole, "default": 1},
                "description": "A page that is not there is a 404",
            },
            {
                "name": "page_size",
                "in": "query",
                "schema": {**whole, "default": self.page_size},
                "description": f"Rows on a page; more than {self.max_page_size} are taken as {self.max_page_size}",
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri", "examples": [None]}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "On all pages"},
                "next": address,
                "previous": address,
                "results": schema,
            },
        }
