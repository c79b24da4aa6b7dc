"""The page of sign-ins and API keys."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import keys, signins
from accounts.form_pages import form_page
from accounts.forms import KeyForm
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.http import UserRequest, post_only

SHOWN = 50
"""Sign-ins on the page; a program that logs in again and again can have many."""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def access(request: UserRequest) -> HttpResponse:
    """Show both, or make a key, which is on the answer to that and nowhere else."""
    form = KeyForm(request.POST or None)
    if form.is_valid():
        now = timezone.now()
        name, scope, days = (form.cleaned_data[field] for field in ("name", "scope", "days"))
        expires_at = now + timedelta(days=days) if days else None
        try:
            key, text = keys.make(user=request.user, name=name, scope=scope, expires_at=expires_at, now=now)
        except DomainError as error:
            form.refuse(error)
        else:
            page = _page(request, KeyForm(), new_key=key, new_text=text)
            page.status_code = 201
            return page
    return _page(request, form)


@post_only("accounts:access")
@login_required
def end_sign_in(request: UserRequest, pk: int) -> HttpResponse:
    signins.end(user=request.user, pk=pk, now=timezone.now())
    messages.success(request, "Signed out there.")
    return redirect("accounts:access")


@post_only("accounts:access")
@login_required
def end_others(request: UserRequest) -> HttpResponse:
    signins.end_all(user=request.user, keep=signins.current(request), now=timezone.now())
    messages.success(request, "You are signed out everywhere else.")
    return redirect("accounts:access")


@post_only("accounts:access")
@login_required
def revoke_key(request: UserRequest, pk: int) -> HttpResponse:
    keys.revoke(user=request.user, pk=pk, now=timezone.now())
    messages.success(request, "The key is revoked.")
    return redirect("accounts:access")


def _page(request: UserRequest, form: KeyForm, **more: Any) -> HttpResponse:
    now = timezone.now()
    sign_ins = signins.of(request.user, now=now)
    context = {
        "sign_ins": sign_ins[:SHOWN],
        "sign_in_count": sign_ins.count(),
        "current": signins.current(request),
        "keys": keys.of(request.user),
        "now": now,
        **more,
    }
    return form_page(request, "accounts/access.html", form, **context)
