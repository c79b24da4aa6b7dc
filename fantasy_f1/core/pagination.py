"""API lists: pages by ``?page=`` and ``?page_size=`` (at most 100), and no parameter that the list does not know."""

from collections.abc import Collection
from typing import Any

from rest_framework import serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.views import APIView

LARGEST = 100


class PageQuery(serializers.Serializer[dict[str, int]]):
    page = serializers.IntegerField(required=False, min_value=1)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST)


class Pages(PageNumberPagination):
    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = LARGEST

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any] | None:
        """The page asked for. Raises ``ValidationError`` for parameters that are unknown or make no sense.

        What a list takes besides is its ``filterset_class`` or, where a page shares its filter, its ``filter_form``,
        and what it reads itself (``own_parameters``).
        """
        refuse_unknown(request, [*PageQuery().fields, *_filters(view), *getattr(view, "own_parameters", ())])
        PageQuery(data=request.query_params.dict()).is_valid(raise_exception=True)
        return super().paginate_queryset(queryset, request, view)

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


def refuse_unknown(request: Request, known: Collection[str]) -> None:
    """Raise ``ValidationError`` for every parameter in the address that is not ``known``."""
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        raise serializers.ValidationError({name: [f"There is no parameter “{name}” here."] for name in unknown})


def _filters(view: APIView | None) -> list[str]:
    filters = getattr(view, "filterset_class", None)
    form = getattr(view, "filter_form", None)
    return [*(filters.base_filters if filters else ()), *(form.base_fields if form else ())]
