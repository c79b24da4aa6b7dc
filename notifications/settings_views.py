"""Pages about where one is told of what, and the way out of mails."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import signins
from accounts.form_pages import form_page
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.http import UserRequest, post_only
from notifications import browsers, preferences
from notifications.forms import BrowserForm, PreferencesForm, RenewalForm
from notifications.models import Channel
from notifications.unsubscribing import read, unsubscribe

OFFERED = ["GET", "HEAD", "POST"]


@login_required
@require_http_methods(OFFERED)
def index(request: UserRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, user=request.user)
    if form.is_valid():
        try:
            preferences.set_preferences(user=request.user, **form.changes())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Saved.")
            return redirect("notifications:settings")
    context = {
        "rows": form.rows(),
        "channels": Channel.choices,
        "sends_mail": settings.EMAIL_VERIFICATION,
        "push_key": browsers.push_key(),
        "browsers": browsers.of(request.user),
    }
    return form_page(request, "notifications/settings.html", form, **context)


@post_only("notifications:settings")
@login_required
def add_browser(request: UserRequest) -> HttpResponse:
    """Sent by js/push.js once the browser gave its leave."""
    form = BrowserForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Your browser gave no address to send to.")
        return redirect("notifications:settings")
    try:
        browsers.subscribe(
            user=request.user,
            sign_in=signins.current(request),
            **form.cleaned_data,
            user_agent=request.headers.get("User-Agent", ""),
            now=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "This browser tells you from now on.")
    return redirect("notifications:settings")


@post_only("notifications:settings")
@login_required
def remove_browser(request: UserRequest, pk: int) -> HttpResponse:
    try:
        removed = browsers.unsubscribe(user=request.user, pk=pk)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{removed} tells you nothing any more.")
    return redirect("notifications:settings")


@csrf_exempt  # the old address is the proof; a service worker sends no more than it
@require_POST
def renew_browser(request: HttpRequest) -> HttpResponse:
    """Sent by sw.js when the browser got another address by itself."""
    form = RenewalForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=400)
    browsers.renew(**form.cleaned_data)
    return HttpResponse(status=204)


@csrf_exempt  # the address itself is the proof; mail programs send no more than it
@require_http_methods(OFFERED)
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Where a mail's link leads. What is sent there acts at once, a look does not: programs that scan mails look."""
    wish = read(token)
    is_done = request.method == "POST"
    from_all = "all" in request.POST
    if is_done:
        unsubscribe(wish, from_all=from_all)
    context = {"wish": wish, "is_done": is_done, "from_all": from_all}
    return render(request, "notifications/unsubscribe.html", context)


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """At the root, so that it may open any page; browsers look by themselves whether it changed."""
    return render(request, "notifications/sw.js", content_type="text/javascript")


@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to keep the app on its home screen; iPhones tell of nothing otherwise."""
    return render(request, "notifications/app.webmanifest", content_type="application/manifest+json")
