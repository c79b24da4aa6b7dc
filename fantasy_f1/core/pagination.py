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
        """As asked for; what is no number, or not one that there is, is refused (400)."""
        asked = request.query_params.get("page_size", str(self.page_size))
        if not re.fullmatch("[0-9]{1,3}", asked) or not 1 <= int(asked) <= self.max_page_size:
            raise ValidationError({"page_size": [f"A number from 1 to {self.max_page_size} is required."]})
        return int(asked)

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
                "schema": {**whole, "maximum": self.max_page_size, "default": self.page_size},
                "description": "Rows on a page",
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
