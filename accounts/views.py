"""Pages of signing up, logging in, and passwords; what a person sees of the own account is in ``profile_views``."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import (
    INTERNAL_RESET_SESSION_TOKEN,
    LoginView,
    PasswordResetCompleteView,
    PasswordResetConfirmView,
    PasswordResetDoneView,
)
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts import identity, second_factor, second_step, signins
from accounts.form_pages import answered, form_page
from accounts.forms import (
    ChangePasswordForm,
    CodeForm,
    ForgottenPasswordForm,
    LoginForm,
    NewPasswordForm,
    RegisterForm,
)
from accounts.middleware import COOKIE
from accounts.recovery import ask_for_reset
from accounts.signup import register as make_account
from accounts.zones import time_zones
from fantasy_f1.core import clock
from fantasy_f1.core.errors import DomainError
from fantasy_f1.core.http import PageRequest, UserRequest, vary_on_htmx, wants_part
from fantasy_f1.core.ratelimit import limit_auth


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
    return form_page(request, "accounts/register.html", form, next=after)


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
        return answered(super().form_invalid(form), form)


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
    return form_page(request, "accounts/login_code.html", form)


@login_required
@sensitive_post_parameters("current_password", "new_password1", "new_password2")
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: UserRequest) -> HttpResponse:
    form = ChangePasswordForm(request.user, request.POST or None)
    if form.is_valid():
        new, current = form.cleaned_data["new_password1"], form.cleaned_data["current_password"]
        keep = signins.current(request)
        try:
            identity.change_password(
                user=request.user, password=new, current_password=current, keep=keep, now=timezone.now()
            )
        except DomainError as error:
            form.refuse(error)
        else:
            update_session_auth_hash(request, request.user)
            messages.success(request, "Your password is changed; other devices are logged out.")
            return redirect("accounts:profile")
    return form_page(request, "accounts/password_change.html", form)


class PasswordResetConfirm(PasswordResetConfirmView):
    form_class = NewPasswordForm
    template_name = "accounts/password_reset_confirm.html"

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:  # type: ignore[override]  # of ``form_class``
        try:
            identity.set_password(user=form.user, password=form.cleaned_data["new_password1"], now=timezone.now())
        except DomainError as error:
            form.refuse(error)
            return self.form_invalid(form)
        del self.request.session[INTERNAL_RESET_SESSION_TOKEN]
        return redirect("accounts:password_reset_complete")

    def form_invalid(self, form: NewPasswordForm) -> HttpResponse:  # type: ignore[override]
        return answered(super().form_invalid(form), form)


@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link to choose a new password with; the answer is the same whether there is such an account."""
    form = ForgottenPasswordForm(request.POST or None)
    if form.is_valid():
        try:
            limit_auth(request)
            ask_for_reset(form.cleaned_data["email"])
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("accounts:password_reset_done")
    return form_page(request, "accounts/password_reset.html", form)


password_reset_done = PasswordResetDoneView.as_view(template_name="accounts/password_reset_done.html")
password_reset_complete = PasswordResetCompleteView.as_view(template_name="accounts/password_reset_complete.html")


def _safe_next(request: HttpRequest) -> str:
    """``next`` of the request where it is an address on this site, and no word that may name a view, else nothing."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_safe and "/" in target else ""
