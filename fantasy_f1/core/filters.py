"""Parameters of API lists that refuse what makes no sense, where django-filter would round it or pass it over."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from fantasy_f1.core.serializers import ID, MAX_ID


@extend_schema_field(ID)
class IdFilter(django_filters.NumberFilter):
    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)


def _is_true(value: str) -> bool:
    return value == "true"


@extend_schema_field(OpenApiTypes.BOOL)
class YesNoFilter(django_filters.TypedChoiceFilter):
    def __init__(self, **kwargs: Any) -> None:
        choices = [("true", "Yes"), ("false", "No")]
        super().__init__(choices=choices, coerce=_is_true, empty_value=None, **kwargs)


class SearchFilter(django_filters.CharFilter):
    """Rows with the text in any of the ``fields``, in whatever case."""

    def __init__(self, *fields: str, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)
        self.fields = fields

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        found = Q()
        for field in self.fields if value else ():
            found |= Q(**{f"{field}__icontains": value})
        return qs.filter(found)


class OrderFilter(django_filters.ChoiceFilter):
    """``OrderFilter(joined="joined_at")`` takes ``joined`` and ``-joined``; the key decides between equals."""

    def __init__(self, **orders: str) -> None:
        choices = [(f"{sign}{name}", name) for name in orders for sign in ("", "-")]
        super().__init__(choices=choices, label="A minus turns it round")
        self.orders = orders

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        sign, name = ("-", value[1:]) if value.startswith("-") else ("", value)
        return qs.order_by(f"{sign}{self.orders[name]}", "pk")
