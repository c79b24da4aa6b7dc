"""The page of a form, with the status of what is wrong with it."""

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.recovery import MailsUnavailable
from fantasy_f1.core.ratelimit import RateLimited


def form_page(request: HttpRequest, template: str, form: Form, **context: Any) -> HttpResponse:
    """``template`` with ``form`` and ``context``, answered like ``answered``."""
    return answered(render(request, template, {"form": form, **context}), form)


def answered(response: HttpResponse, form: Form) -> HttpResponse:
    """The page of ``form``: 400 where something is wrong with it, the refusal's own status where it is only not now."""
    if form.errors:
        response.status_code = 400
    refusal = getattr(form, "refusal", None)
    if isinstance(refusal, RateLimited | MailsUnavailable):
        response.status_code = refusal.status
        for name, value in refusal.headers.items():
            response[name] = value
    return response
