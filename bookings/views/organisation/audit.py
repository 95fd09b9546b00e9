"""The organisation's audit trail: searched, read event by event in words, and taken out as a file (S0.16, S0.17)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _

from bookings.services import provenance
from bookings.views.organisation import audit_words
from bookings.views.organisation.audit_actions import ACTIONS
from bookings.views.organisation.desk import organisation_page, show
from bookings.views.staff import sheets
from tenants.access import MemberRequest
from tenants.errors import NotFound
from tenants.models import AuditEvent
from tenants.scheduling import utc_days
from tenants.services import audit

PER_PAGE = 50
HEAD = (
    "at", "actorKind", "actor", "initiator", "action", "cmdlet", "targetKind", "targetId", "target", "source", "ip",
    "requestId", "reason", "before", "after",
)  # fmt: skip


class DayField(forms.CharField):
    """A day, or an instant, of UTC; cleans to the instant that a range begins or ends with."""

    def __init__(self, read: Callable[[str], datetime], **kwargs: Any) -> None:
        self._read = read
        super().__init__(required=False, max_length=40, widget=forms.DateInput(attrs={"type": "date"}), **kwargs)

    def clean(self, value: Any) -> datetime | None:
        """Raises ValidationError."""
        text = super().clean(value)
        try:
            return self._read(text) if text else None
        except ValueError as wrong:
            raise forms.ValidationError(_("Enter a day such as 2026-11-23.")) from wrong


class AuditFilter(forms.Form):
    """Which events."""

    first = DayField(utc_days.first, label=_("From (UTC)"))
    last = DayField(utc_days.last, label=_("Until (UTC)"))
    actor = forms.CharField(label=_("Who"), required=False, max_length=254)
    kind = forms.ChoiceField(
        label=_("Kind of actor"), required=False, choices=[("", _("Everybody")), *AuditEvent.ActorKind.choices]
    )
    action = forms.ChoiceField(label=_("What"), required=False)
    target = forms.CharField(label=_("What it was done to"), required=False, max_length=254)
    cmdlet = forms.CharField(label=_("Cmdlet"), required=False, max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = sorted(((code, str(text)) for code, text in ACTIONS.items()), key=lambda pair: pair[1])
        action: Any = self.fields["action"]
        action.choices = [("", _("Everything")), *words]


@organisation_page
def index(request: MemberRequest) -> HttpResponse | StreamingHttpResponse:
    """The events that fit, the newest first; `?format=csv` and `?format=json`: all of them as a file."""
    form = AuditFilter(request.GET or None)
    events = searched(form)
    if request.GET.get("format") in ("csv", "json"):
        rows = map(line, events.iterator(chunk_size=500))
        return sheets.streamed("audit", HEAD, rows, tenant=request.tenant, form=request.GET["format"])
    kept = request.GET.copy()
    mark = _mark(kept.pop("after", [""])[-1])
    found = list((_after(events, *mark) if mark else events)[: PER_PAGE + 1])
    older = f"{found[PER_PAGE - 1].at.isoformat()}_{found[PER_PAGE - 1].pk}" if len(found) > PER_PAGE else ""
    rows_shown = [
        (event, audit_words.action(event.action), audit_words.source(event.source)) for event in found[:PER_PAGE]
    ]
    context = {"form": form, "rows": rows_shown, "kept": kept.urlencode(), "older": older, "is_later_page": bool(mark)}
    return show(request, "organisation/audit.html", context, tab="audit")


@organisation_page
def event(request: MemberRequest, event_id: uuid.UUID) -> HttpResponse:
    """One event in words, with every value before and after."""
    found = AuditEvent.objects.filter(pk=event_id).first()
    if found is None:
        raise NotFound
    context = {
        "event": found, "what": audit_words.action(found.action), "sentence": audit_words.sentence(found),
        "how": audit_words.source(found.source), "changes": audit_words.differences(found),
        "mailbox_id": found.target_id if found.action in provenance.ABOUT_MAILBOX else None,
        "directory": provenance.DIRECTORY,
    }  # fmt: skip
    return show(request, "organisation/audit_event.html", context, tab="audit")


def searched(form: AuditFilter) -> QuerySet[AuditEvent]:
    """What the filter asks for; what makes no sense in it is said beside its field, and nothing is found."""
    if not form.is_bound:
        return audit.search()
    if not form.is_valid():
        return audit.search().none()
    wanted = form.cleaned_data
    return audit.search(
        cmdlets=[name for name in wanted["cmdlet"].replace(",", " ").split() if name], starts_at=wanted["first"],
        ends_at=wanted["last"], actor=wanted["actor"], action=wanted["action"], target=wanted["target"],
        kind=wanted["kind"],
    )  # fmt: skip


def line(event: AuditEvent) -> tuple[Any, ...]:
    """One event as a row of a file, in HEAD's order."""
    return (
        event.at.astimezone(UTC).isoformat(), event.actor_kind, event.actor, event.initiator, event.action,
        event.cmdlet, event.target_kind, str(event.target_id or ""), event.target, event.source, event.ip,
        event.request_id, event.reason, event.before, event.after,
    )  # fmt: skip


def _mark(text: str) -> tuple[datetime, uuid.UUID] | None:
    """The last event of the page before, as its address names it; None for what is no such name."""
    at, _bar, pk = text.partition("_")
    try:
        instant, event_id = datetime.fromisoformat(at), uuid.UUID(pk)
        return (instant.astimezone(UTC), event_id) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _after(events: QuerySet[AuditEvent], at: datetime, pk: uuid.UUID) -> QuerySet[AuditEvent]:
    """What comes after it in the list: page 1,000 costs what page 1 does."""
    return events.filter(at__lte=at).filter(Q(at__lt=at) | Q(pk__lt=pk))
