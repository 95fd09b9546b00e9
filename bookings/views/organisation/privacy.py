"""Personal data: what is kept of a person and where, a copy of it, its erasure, and the days after which it goes."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.services import data_export, erasure, personal_data
from bookings.services.personal_data import Found
from bookings.views.organisation import privacy_words
from bookings.views.organisation.desk import organisation_action, organisation_page, show
from bookings.views.staff.desk import tried
from tenants.access import MemberRequest, actor_of
from tenants.errors import NotFound
from tenants.models import Tenant
from tenants.services import changes

#: How many of the bookings ahead are listed.
_LISTED = 20


class PersonForm(forms.Form):
    """Whose data."""

    address = forms.EmailField(
        label=gettext_lazy("Mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class EraseForm(PersonForm):
    """What becomes of bookings ahead, and why it is erased."""

    address = forms.EmailField(max_length=254, widget=forms.HiddenInput)
    ahead = forms.ChoiceField(
        label=gettext_lazy("What becomes of the bookings ahead?"),
        choices=[
            ("keep", gettext_lazy("Keep them, with their mails and their audit trail, until they are over. The rest is "
                                  "erased now.")),
            ("cancel", gettext_lazy("Cancel and erase them. The colleagues are told, the person gets no mail.")),
        ],
        initial="keep",
        widget=forms.RadioSelect,
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, required=False,
        help_text=gettext_lazy("For the audit log. Do not name the person here."),
    )  # fmt: skip


class DaysForm(forms.ModelForm):
    """How long customers' data is kept."""

    class Meta:
        model = Tenant
        fields = ("personal_data_days",)
        help_texts = {"personal_data_days": gettext_lazy("Counted from the end of each meeting. Empty: it is kept.")}


@organisation_page
def index(request: MemberRequest) -> HttpResponse:
    """Looks for a person (GET), or keeps the days (POST)."""
    tenant = Tenant.objects.get(pk=request.tenant.pk)
    days = DaysForm(request.POST or None, instance=tenant)
    if request.method == "POST" and days.is_valid():
        row = Tenant.objects.get(pk=request.tenant.pk)
        act: dict[str, Any] = {"row": row, "now": timezone.now(), "actor": actor_of(request)}
        if tried(days, lambda: changes.apply(**act, action="tenant.changed", fields=days.cleaned_data)):
            messages.success(request, _("Saved."))
            return redirect("organisation:privacy")
    form = PersonForm(request.GET if "address" in request.GET else None)
    context: dict[str, Any] = {"form": form, "days": days}
    if form.is_bound and form.is_valid():
        context |= _shown(_found(request, form))
    return show(request, "organisation/privacy.html", context, tab="privacy")


@organisation_action
def export(request: MemberRequest) -> HttpResponse:
    """A copy of everything: `as=json` for programs, else a page to read."""
    form = PersonForm(request.POST)
    if not form.is_valid():
        raise NotFound
    now = timezone.now()
    copy = data_export.export(found=_found(request, form), now=now, actor=actor_of(request))
    if request.POST.get("as") == "json":
        text, kind, suffix = json.dumps(copy, ensure_ascii=False, indent=2), "application/json", "json"
    else:
        context = {"copy": copy, "parts": privacy_words.readable(copy), "at": now}
        text, kind, suffix = render_to_string("organisation/privacy_copy.html", context), "text/html", "html"
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="personal-data.{suffix}"'
    return response


@organisation_page
def erase(request: MemberRequest) -> HttpResponse:
    """GET says what is erased, what is kept and why; POST erases."""
    form = EraseForm(request.POST if request.method == "POST" else None, initial=request.GET.dict())
    person = PersonForm(request.POST if request.method == "POST" else request.GET)
    if not person.is_valid():
        return redirect("organisation:privacy")
    found, now = _found(request, person), timezone.now()
    is_ahead = found.ahead(now).exists() or found.ahead_as_guest(now).exists()
    if not is_ahead:
        del form.fields["ahead"]
    if request.method == "POST" and form.is_valid():
        given, made = form.cleaned_data, []
        act: dict[str, Any] = {"tenant": request.tenant, "address": found.address, "now": now}
        cancels = given.get("ahead", "keep") == "cancel"
        if tried(
            person,
            lambda: made.append(erasure.erase(**act, actor=actor_of(request), cancels=cancels, reason=given["reason"])),
        ):
            messages.success(request, _told(made[0]))
            return redirect("organisation:privacy")
    context = _shown(found) | {"form": form, "problem": person.errors.get("address"), "is_ahead": is_ahead}
    return show(request, "organisation/privacy_erase.html", context, tab="privacy")


def _found(request: MemberRequest, form: PersonForm) -> Found:
    return personal_data.find(tenant=request.tenant, address=form.cleaned_data["address"])


def _shown(found: Found) -> dict[str, Any]:
    now, counts = timezone.now(), found.counts()
    return {
        "found": found, "parts": privacy_words.parts(counts, has_role=found.has_role()),
        "is_known": any(counts.values()),
        "ahead": list(found.ahead(now)[:_LISTED]), "coming": list(found.ahead_as_guest(now)[:_LISTED]),
        "works_here": bool(counts["staff"] or counts["mailboxes"] or counts["memberships"]),
    }  # fmt: skip


def _told(outcome: erasure.Outcome) -> str:
    erased = _("Erased.")
    if not outcome.kept_ahead:
        return erased
    kept = ngettext(
        "%(n)d booking ahead was kept, with its mails and its audit trail. Erase again when it is over.",
        "%(n)d bookings ahead were kept, with their mails and their audit trail. Erase again when they are over.",
        outcome.kept_ahead,
    ) % {"n": outcome.kept_ahead}  # fmt: skip
    return f"{erased} {kept}"
