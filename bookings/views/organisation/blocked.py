"""Who the organisation takes no bookings from, and cancelling everything that one sender has booked."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.models import BlockedSender
from bookings.services import mass_cancellation, senders
from bookings.views.organisation.desk import organisation_action, organisation_page, show
from bookings.views.staff.desk import tried
from tenants.access import MemberRequest, actor_of
from tenants.errors import InvalidInput, NotFound

#: How many bookings a preview lists.
_LISTED = 20


class SenderForm(forms.Form):
    """An address or a domain."""

    pattern = forms.CharField(
        label=gettext_lazy("Mail address or domain"),
        help_text=gettext_lazy("An address, or everybody of a domain: @example.com."),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "email"}),
    )


class BlockForm(SenderForm):
    """Whom to block, and why."""

    note = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("For administrators only."),
        max_length=200,
        required=False,
    )


@organisation_page
def index(request: MemberRequest) -> HttpResponse:
    """The blocked senders, and forms to block one or to clear up after one."""
    form = BlockForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"tenant": request.tenant, "now": timezone.now(), "actor": actor_of(request)}
        if tried(form, lambda: senders.block(**act, **form.cleaned_data)):
            messages.success(request, _("No more bookings are taken from this sender."))
            return redirect("organisation:blocked")
    context = {"form": form, "search": SenderForm(auto_id="cancel_%s"), "blocked": BlockedSender.objects.all()}
    return show(request, "organisation/blocked.html", context, tab="blocked")


@organisation_action
def remove(request: MemberRequest, sender_id: uuid.UUID) -> HttpResponse:
    """Takes bookings from a sender again."""
    blocked = BlockedSender.objects.select_related("tenant").filter(pk=sender_id).first()
    if blocked is None:
        raise NotFound
    senders.unblock(blocked=blocked, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("Bookings are taken from %(sender)s again.") % {"sender": blocked.pattern})
    return redirect("organisation:blocked")


@organisation_page
def cancel(request: MemberRequest) -> HttpResponse:
    """GET shows what would be cancelled, POST has it cancelled."""
    form = SenderForm(request.POST if request.method == "POST" else request.GET or None)
    pattern = _pattern(form)
    if not pattern:
        context = {"form": BlockForm(), "search": form, "blocked": BlockedSender.objects.all()}
        return show(request, "organisation/blocked.html", context, tab="blocked")
    now = timezone.now()
    if request.method == "POST":
        count = mass_cancellation.start(
            tenant=request.tenant, pattern=pattern, now=now, actor=actor_of(request), block="block" in request.POST
        )
        sentence = ngettext("%(n)d booking is being cancelled.", "%(n)d bookings are being cancelled.", count)
        messages.success(request, sentence % {"n": count})
        return redirect("organisation:blocked")
    found = mass_cancellation.ahead(pattern, now=now)
    context = {"pattern": pattern, "count": found.count(), "bookings": found[:_LISTED], "most": _LISTED}
    return show(request, "organisation/blocked_cancel.html", context, tab="blocked")


def _pattern(form: SenderForm) -> str:
    """The sender that was given; empty, with the reason in the form, where it is none."""
    if not form.is_valid():
        return ""
    try:
        return senders.cleaned_pattern(form.cleaned_data["pattern"])
    except InvalidInput as wrong:
        form.add_error("pattern", wrong.errors["pattern"][0])
        return ""
