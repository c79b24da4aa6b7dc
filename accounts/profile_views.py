"""Pages of one's own account: profile, e-mail address, second factor, export, the end."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import closing, export, identity, second_factor, shield, verification
from accounts.email_change import change_email, confirm_email_change, find_change, pending_email
from accounts.form_pages import form_page
from accounts.forms import CodeForm, EmailForm, PasswordForm, ProfileForm, ProofForm, RevealForm
from accounts.models import SecondFactor
from accounts.signup import change_profile
from fantasy_f1.core import clock
from fantasy_f1.core.errors import DomainError, Invalid
from fantasy_f1.core.http import UserRequest, post_only

OFFERED = ["GET", "HEAD", "POST"]


@login_required
@require_http_methods(OFFERED)
def profile(request: UserRequest) -> HttpResponse:
    user = request.user
    form = ProfileForm(request.POST or None, initial={"full_name": user.full_name, "time_zone": user.time_zone})
    if form.is_valid():
        try:
            change_profile(user=user, **form.cleaned_data)
        except DomainError as error:
            user.refresh_from_db()
            form.refuse(error)
        else:
            messages.success(request, "Saved.")
            return redirect("accounts:profile")
    context = {"pending_email": pending_email(user), "has_second_factor": second_factor.is_on(user)}
    return form_page(request, "accounts/profile.html", form, **context)


# Spoiler shield ---------------------------------------------------------------------------------


@post_only("accounts:profile")
@login_required
def hide_results(request: UserRequest) -> HttpResponse:
    shield.raise_shield(user=request.user, now=clock.now())
    messages.success(request, "Results from now on stay hidden until you ask for them.")
    return redirect("accounts:profile")


@post_only("accounts:profile")
@login_required
def show_results(request: UserRequest) -> HttpResponse:
    shield.lower_shield(user=request.user)
    messages.success(request, "All results are shown again.")
    return redirect("accounts:profile")


@post_only("accounts:profile")
@login_required
def reveal_results(request: UserRequest) -> HttpResponse:
    """Show what sessions brought that started ``until`` then, on the page ``next`` where somebody asked for it."""
    form = RevealForm(request.POST)
    if not form.is_valid():
        raise Invalid("Ask for the result on the page of its race.")
    shield.reveal(user=request.user, until=form.cleaned_data["until"], now=clock.now())
    messages.success(request, "Results up to that session are shown now.")
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return redirect(page if is_ours else "accounts:profile")


# E-mail address ---------------------------------------------------------------------------------


@login_required
@sensitive_post_parameters("current_password")
@require_http_methods(OFFERED)
def email(request: UserRequest) -> HttpResponse:
    """Change the address; where mails are sent, both addresses must agree."""
    form = EmailForm(request.POST or None)
    if form.is_valid():
        try:
            user = change_email(user=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(
                request,
                "Now follow the links that we sent to both addresses."
                if pending_email(user)
                else f"Your e-mail address is {user.email}.",
            )
            return redirect("accounts:profile")
    return form_page(request, "accounts/email.html", form, pending_email=pending_email(request.user))


@require_http_methods(OFFERED)
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link in the mail leads. Its button confirms, because programs that scan mails follow links."""
    if request.method == "POST":
        user = verification.verify_email(token=token, now=timezone.now())
        messages.success(request, f"Thank you: {user.email} is confirmed.")
        return redirect("home")
    verification.find_account(token)  # else it says so at once
    return render(request, "accounts/link.html", {"kind": "verify"})


@post_only("accounts:profile")
@login_required
def send_verification(request: UserRequest) -> HttpResponse:
    verification.send_verification(user=request.user, now=timezone.now())
    messages.success(request, f"The link is on its way to {request.user.email}.")
    return redirect("accounts:profile")


@require_http_methods(OFFERED)
def email_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The same for a change of the address, at either end."""
    if request.method == "POST":
        user = confirm_email_change(token=token, now=timezone.now())
        messages.success(
            request,
            f"Your e-mail address is {user.email} now."
            if user
            else "Thank you. The link in the other mail is still to be followed.",
        )
        return redirect("home")
    change, side = find_change(token)
    return render(request, "accounts/link.html", {"kind": "change", "change": change, "side": side})


# Second factor ----------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD"])
def second_factor_page(request: UserRequest) -> HttpResponse:
    is_on = second_factor.is_on(request.user)
    return _second_factor(request, ProofForm(has_second_factor=True) if is_on else PasswordForm(), is_on=is_on)


@post_only("accounts:second_factor")
@login_required
@sensitive_post_parameters("current_password")
def second_factor_begin(request: UserRequest) -> HttpResponse:
    form = PasswordForm(request.POST)
    if form.is_valid():
        try:
            identity.prove_password(request.user, form.cleaned_data["current_password"])
            factor = second_factor.begin(user=request.user)
        except DomainError as error:
            form.refuse(error)
        else:
            return _set_up(request, factor, CodeForm())
    return _second_factor(request, form, is_on=second_factor.is_on(request.user))


@post_only("accounts:second_factor")
@login_required
@sensitive_post_parameters("otp")
def second_factor_confirm(request: UserRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    factor = SecondFactor.objects.filter(user=request.user, confirmed_at=None).first()
    if factor is None:  # in another tab it was switched on meanwhile, or never begun
        return redirect("accounts:second_factor")
    if form.is_valid():
        try:
            codes = second_factor.confirm(user=request.user, otp=form.cleaned_data["otp"], now=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            return _secret(render(request, "accounts/second_factor_codes.html", {"codes": codes}))
    return _set_up(request, factor, form)


@post_only("accounts:second_factor")
@login_required
@sensitive_post_parameters("current_password", "otp")
def second_factor_disable(request: UserRequest) -> HttpResponse:
    is_on = second_factor.is_on(request.user)
    form = ProofForm(request.POST, has_second_factor=is_on)
    if form.is_valid():
        try:
            identity.prove(request.user, now=timezone.now(), **form.proof())
        except DomainError as error:
            form.refuse(error)
        else:
            second_factor.switch_off(user=request.user)
            messages.success(request, "The second factor is off.")
            return redirect("accounts:second_factor")
    return _second_factor(request, form, is_on=is_on)


def _second_factor(request: UserRequest, form: PasswordForm, *, is_on: bool) -> HttpResponse:
    codes_left = request.user.recovery_codes.count()
    return form_page(request, "accounts/second_factor.html", form, is_on=is_on, codes_left=codes_left)


def _set_up(request: UserRequest, factor: SecondFactor, form: CodeForm) -> HttpResponse:
    picture = second_factor.picture(factor)
    return _secret(form_page(request, "accounts/second_factor_set_up.html", form, factor=factor, picture=picture))


def _secret(response: HttpResponse) -> HttpResponse:
    """Nothing on the way keeps the page, nor does the browser."""
    response["Cache-Control"] = "no-store"
    return response


# One's data, and the end ------------------------------------------------------------------------


@login_required
@require_safe
def export_file(request: UserRequest) -> HttpResponse:
    return export.as_file(request.user)


@login_required
@require_safe
def close(request: UserRequest) -> HttpResponse:
    return _close(request)


@post_only("accounts:close")
@login_required
@sensitive_post_parameters("current_password", "otp")
def deactivate(request: UserRequest) -> HttpResponse:
    form = _proof_form(request, "pause")
    if form.is_valid():
        try:
            closing.deactivate(user=request.user, now=clock.now(), at=timezone.now(), **form.proof())
        except DomainError as error:
            form.refuse(error)
        else:
            return _goodbye(request, "Your account is closed. The host can open it again for you.")
    return _close(request, pause_form=form)


@post_only("accounts:close")
@login_required
@sensitive_post_parameters("current_password", "otp")
def delete(request: UserRequest) -> HttpResponse:
    form = _proof_form(request, "delete")
    if form.is_valid():
        try:
            closing.delete(user=request.user, now=clock.now(), at=timezone.now(), **form.proof())
        except DomainError as error:
            form.refuse(error)
        else:
            return _goodbye(request, "Your account is deleted. Thank you for playing.")
    return _close(request, delete_form=form)


def _proof_form(request: UserRequest, name: str) -> ProofForm:
    has_second_factor = second_factor.is_on(request.user)
    return ProofForm(request.POST or None, has_second_factor=has_second_factor, auto_id=f"id_{name}_%s")


def _close(
    request: UserRequest, *, pause_form: ProofForm | None = None, delete_form: ProofForm | None = None
) -> HttpResponse:
    has_second_factor = second_factor.is_on(request.user)
    pause = pause_form or ProofForm(has_second_factor=has_second_factor, auto_id="id_pause_%s")
    gone = delete_form or ProofForm(has_second_factor=has_second_factor, auto_id="id_delete_%s")
    sent = gone if gone.is_bound else pause
    return form_page(request, "accounts/close.html", sent, pause_form=pause, delete_form=gone)


def _goodbye(request: UserRequest, text: str) -> HttpResponse:
    logout(request)
    messages.success(request, text)
    return redirect("home")
