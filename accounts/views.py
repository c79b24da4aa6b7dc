"""Pages of signing up, logging in, and passwords; what a person sees of the own account is in ``profile_views``."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import (
    LoginView,
    PasswordChangeView,
    PasswordResetCompleteView,
    PasswordResetConfirmView,
    PasswordResetDoneView,
)
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts import access, second_factor, second_step, signins
from accounts.forms import (
    ChangePasswordForm,
    CodeForm,
    ForgottenPasswordForm,
    LoginForm,
    NewPasswordForm,
    RegisterForm,
)
from accounts.limits import account_key
from accounts.middleware import COOKIE
from accounts.recovery import ask_for_reset
from accounts.signup import register as make_account
from accounts.zones import time_zones
from fantasy_f1.core import clock
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.http import PageRequest, vary_on_htmx, wants_part
from fantasy_f1.core.ratelimit import RateLimited, limit_auth, limit_mail


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Sign up, and go on where an invitation (``next``) came from."""
    after = _safe_next(request)
    if request.user.is_authenticated:
        return redirect(after or settings.LOGIN_REDIRECT_URL)
    form = RegisterForm(request.POST or None)
    if form.is_valid():
        zone = request.COOKIES.get(COOKIE, "UTC")
        try:
            limit_auth(request)
            user = make_account(**form.cleaned_data, time_zone=zone if zone in time_zones() else "UTC", now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            login(request, user)
            messages.success(request, f"Welcome, {user.display_name}.")
            return redirect(after or settings.LOGIN_REDIRECT_URL)
    return _answered(render(request, "accounts/register.html", {"form": form, "next": after}), form)


class Login(LoginView):
    form_class = LoginForm
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        if wants_part(request):  # of someone whose session ended: the whole page goes to the login
            back = request.htmx.current_url_abs_path or ""
            login_page = f"{reverse('accounts:login')}?{urlencode({'next': back})}"
            return vary_on_htmx(HttpResponseClientRedirect(login_page))
        return vary_on_htmx(super().get(request, *args, **kwargs))

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        if not second_factor.is_on(user):
            return super().form_valid(form)
        second_step.begin(self.request, user, after=self.get_redirect_url(), now=timezone.now())
        return redirect("accounts:login_code")

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return _answered(super().form_invalid(form), form)


@sensitive_post_parameters("otp")
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """The second step of logging in, for accounts with a second factor."""
    waiting = second_step.find(request, now=timezone.now())
    if waiting is None:
        return redirect("accounts:login")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            second_factor.demand(waiting.user, form.cleaned_data["otp"], now=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            login(request, waiting.user)
            second_step.end(request)
            return redirect(waiting.after or settings.LOGIN_REDIRECT_URL)
    return _answered(render(request, "accounts/login_code.html", {"form": form}), form)


class PasswordChange(PasswordChangeView):
    form_class = ChangePasswordForm
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("accounts:profile")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, "Your password is changed; other devices are logged out.")
        response = super().form_valid(form)
        access.end_all(user=form.user, keep=signins.current(self.request), now=timezone.now())
        return response


class PasswordResetConfirm(PasswordResetConfirmView):
    form_class = NewPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("accounts:password_reset_complete")

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        response = super().form_valid(form)
        access.end_all(user=form.user, now=timezone.now())
        return response


@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link to choose a new password with; the answer is the same whether there is such an account."""
    form = ForgottenPasswordForm(request.POST or None)
    if form.is_valid():
        try:
            limit_mail(request, account=account_key(form.cleaned_data["email"]))
            ask_for_reset(form.cleaned_data["email"])
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("accounts:password_reset_done")
    return _answered(render(request, "accounts/password_reset.html", {"form": form}), form)


password_reset_done = PasswordResetDoneView.as_view(template_name="accounts/password_reset_done.html")
password_reset_complete = PasswordResetCompleteView.as_view(template_name="accounts/password_reset_complete.html")


def _answered(response: HttpResponse, form: Form) -> HttpResponse:
    """The page of a form with the status of what is wrong with it: 400, or 429 where it was sent too often."""
    if form.errors:
        response.status_code = 400
    refusal = getattr(form, "refusal", None)
    if isinstance(refusal, RateLimited):
        response.status_code = refusal.status
        for name, value in refusal.headers.items():
            response[name] = value
    return response


def _safe_next(request: HttpRequest) -> str:
    """``next`` of the request where it is an address on this site, and no word that may name a view, else nothing."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_safe and "/" in target else ""
