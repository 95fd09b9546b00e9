"""Webhooks: which programs of the organisation are told of bookings, and what became of each delivery."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.views.organisation.desk import organisation_action, organisation_page, show
from bookings.views.staff.desk import tried
from tenants.access import MemberRequest, actor_of
from tenants.errors import NotFound
from tenants.models import WebhookDelivery, WebhookEndpoint
from tenants.services import webhooks

#: How many deliveries are listed, the newest first.
_LISTED = 100
_EVENTS = {
    "booking.created": gettext_lazy("A booking is made or asked for"),
    "booking.confirmed": gettext_lazy("A request is confirmed"),
    "booking.rescheduled": gettext_lazy("A booking moves"),
    "booking.cancelled": gettext_lazy("A booking is cancelled"),
    "booking.declined": gettext_lazy("A request is declined, or not answered in time"),
}


class EndpointForm(forms.Form):
    """Where events go, and which."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://www.example.com/daybook", "spellcheck": "false"}),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Tell it when"),
        choices=[(event, _EVENTS[event]) for event in webhooks.EVENTS],
        widget=forms.CheckboxSelectMultiple,
        initial=list(webhooks.EVENTS),
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )


@organisation_page
def index(request: MemberRequest) -> HttpResponse:
    """The addresses, and a form for one more; its secret is shown right after it was made, and never again."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made: list[tuple[WebhookEndpoint, str]] = []
        act: dict[str, Any] = {"tenant": request.tenant, "now": timezone.now(), "actor": actor_of(request)}
        if tried(form, lambda: made.append(webhooks.create(**act, **_wanted(form)))):
            endpoint, secret = made[0]
            return _page(request, endpoint, secret=secret)
    failed = Count("deliveries", filter=Q(deliveries__state=WebhookDelivery.State.FAILED))
    rows = WebhookEndpoint.objects.annotate(failed=failed, last=Max("deliveries__delivered_at")).order_by("url")
    return show(request, "organisation/webhooks.html", {"form": form, "endpoints": rows}, tab="webhooks")


@organisation_page
def detail(request: MemberRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """What one address was told, and whether it arrived."""
    return _page(request, _endpoint(endpoint_id))


@organisation_action
def switch(request: MemberRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """Switches an address on or off."""
    on = request.POST.get("on") == "yes"
    webhooks.switch(endpoint=_endpoint(endpoint_id), on=on, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("It is told of bookings again.") if on else _("It is told nothing more."))
    return redirect("organisation:webhook", endpoint_id)


@organisation_action
def test(request: MemberRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """Sends an event that means nothing."""
    webhooks.test(endpoint=_endpoint(endpoint_id), now=timezone.now())
    messages.success(request, _("A test is on its way. Load this page again in a moment to see whether it arrived."))
    return redirect("organisation:webhook", endpoint_id)


@organisation_page
def remove(request: MemberRequest, endpoint_id: uuid.UUID) -> HttpResponse:
    """GET says what is lost and asks, POST forgets an address with everything it was told."""
    endpoint = _endpoint(endpoint_id)
    if request.method != "POST":
        context = {"endpoint": endpoint, "count": endpoint.deliveries.count()}
        return show(request, "organisation/webhook_remove.html", context, tab="webhooks")
    webhooks.remove(endpoint=endpoint, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("The webhook is removed."))
    return redirect("organisation:webhooks")


@organisation_action
def replay(request: MemberRequest, endpoint_id: uuid.UUID, told_id: uuid.UUID) -> HttpResponse:
    """Sends one delivery once more."""
    rows = WebhookDelivery.objects.select_related("tenant", "endpoint").filter(endpoint=endpoint_id, pk=told_id)
    delivery = rows.first()
    if delivery is None:
        raise NotFound
    webhooks.replay(delivery=delivery, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("It is sent once more."))
    return redirect("organisation:webhook", endpoint_id)


def _page(request: MemberRequest, endpoint: WebhookEndpoint, *, secret: str = "") -> HttpResponse:
    deliveries = endpoint.deliveries.defer("body")[:_LISTED]
    told = [str(_EVENTS[event]) for event in webhooks.EVENTS if not endpoint.events or event in endpoint.events]
    context = {"endpoint": endpoint, "deliveries": deliveries, "told": told, "secret": secret, "most": _LISTED}
    return show(request, "organisation/webhook.html", context, tab="webhooks")


def _wanted(form: EndpointForm) -> dict[str, Any]:
    """All events are kept as none chosen: an endpoint that wants everything hears of what comes later, too."""
    events = form.cleaned_data["events"]
    return {"url": form.cleaned_data["url"], "events": [] if len(events) == len(webhooks.EVENTS) else events}


def _endpoint(endpoint_id: uuid.UUID) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.select_related("tenant").filter(pk=endpoint_id).first()
    if found is None:
        raise NotFound
    return found
