"""Deleted booking calendars: restored, purged by whoever types their name, and what certifies a purge."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import BookingPage
from bookings.services import losses, purge, trash
from bookings.views.organisation.desk import organisation_action, organisation_page, show
from bookings.views.staff.desk import tried
from tenants.access import MemberRequest, actor_of
from tenants.errors import NotFound
from tenants.models import Tenant
from tenants.services import changes

PER_PAGE = 50


class TrashForm(forms.ModelForm):
    """How long things lie in the trash."""

    class Meta:
        model = Tenant
        fields = ("trash_days",)
        help_texts = {"trash_days": gettext_lazy("Holds for what is deleted from now on.")}


class PurgeForm(forms.Form):
    """The name, typed; and whether customers are told."""

    name = forms.CharField(
        label=gettext_lazy("Its name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    tells = forms.BooleanField(
        label=gettext_lazy("Cancel the bookings ahead and tell the customers by mail first"),
        required=False,
        initial=True,
    )


@organisation_page
def index(request: MemberRequest) -> HttpResponse:
    """What lies in the trash, for how long yet, and the certificates of what was purged."""
    form = TrashForm(request.POST or None, instance=Tenant.objects.get(pk=request.tenant.pk))
    if request.method == "POST" and form.is_valid():
        now, tenant = timezone.now(), Tenant.objects.get(pk=request.tenant.pk)
        act: dict[str, Any] = {"row": tenant, "now": now, "actor": actor_of(request), "action": "tenant.changed"}
        if tried(form, lambda: changes.apply(**act, fields=form.cleaned_data)):
            messages.success(request, _("Saved."))
            return redirect("organisation:trash")
    return show(request, "organisation/trash.html", _listed(request) | {"form": form}, tab="trash")


@organisation_page
def progress(request: MemberRequest) -> HttpResponse:
    """The lists alone, for the page that waits for a purge to end."""
    return show(request, "organisation/parts/trash_lists.html", _listed(request), tab="trash")


@organisation_action
def restore(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """Brings a calendar back."""
    page = trash.restore(page=_in_trash(page_id), now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("“%(name)s” is back, with everything it had.") % {"name": page.display_name})
    return redirect("organisation:trash")


@organisation_page
def purge_now(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """GET says what is lost for ever and asks for the name, POST has it purged."""
    page, now = _in_trash(page_id), timezone.now()
    if trash.is_being_purged(page, now):
        raise trash.PurgeBegun
    form, gone = PurgeForm(request.POST or None), losses.of(page, now=now)
    if not gone.ahead:
        del form.fields["tells"]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        act: dict[str, Any] = {"page": page, "now": now, "actor": actor_of(request)}
        if tried(form, lambda: purge.begin(**act, name=given["name"], tells=given.get("tells", True))):
            messages.success(request, _("“%(name)s” is being purged.") % {"name": page.display_name})
            return redirect("organisation:trash")
    context = {"page": page, "losses": gone, "form": form}
    return show(request, "organisation/trash_purge.html", context, tab="trash")


@organisation_page
def certificate(request: MemberRequest, event_id: uuid.UUID) -> HttpResponse:
    """What was purged, when and by whom, as the audit trail has it; to print."""
    event = purge.certificate(event_id)
    counts = [(_table(name), count) for name, count in event.after.get("counts", {}).items()]
    context = {
        "event": event, "counts": sorted(counts), "is_genuine": purge.is_genuine(event),
        "deleted_at": datetime.fromisoformat(event.before["deletedAt"]),
    }  # fmt: skip
    return show(request, "organisation/certificate.html", context, tab="trash")


def _listed(request: MemberRequest) -> dict[str, Any]:
    now = timezone.now()
    found = Paginator(trash.contents(), PER_PAGE).get_page(request.GET.get("p"))
    pages = [(page, trash.is_being_purged(page, now)) for page in found]
    return {
        "pages": pages, "page": found, "kept": "", "waits": any(purging for _page, purging in pages),
        "certificates": list(purge.certificates()[:PER_PAGE]),
    }  # fmt: skip


def _in_trash(page_id: uuid.UUID) -> BookingPage:
    """A calendar in the trash. Raises NotFound where it was purged, NotInTrash where it was restored."""
    page = BookingPage.with_deleted.select_related("mailbox", "tenant").filter(pk=page_id).first()
    if page is None:
        raise NotFound
    if page.deleted_at is None:
        raise trash.NotInTrash
    return page


def _table(label: str) -> str:
    """What a model's rows are called."""
    try:
        return str(apps.get_model(label)._meta.verbose_name_plural)
    except LookupError:
        return label
