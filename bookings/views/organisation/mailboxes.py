"""The organisation's mailboxes as Exchange lists them, and the story of each that nobody made (S0.8-S0.10, S0.20)."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _

from bookings.notifications import catalogue
from bookings.services import mailboxes, provenance
from bookings.views.organisation import audit_words
from bookings.views.organisation.desk import organisation_page, show
from bookings.views.staff import sheets
from tenants.access import MemberRequest
from tenants.errors import NotFound
from tenants.models import Mailbox

PER_PAGE = 50
#: What Get-Mailbox prints, and who made it.
HEAD = ("DisplayName", "PrimarySmtpAddress", "RecipientTypeDetails", "ExchangeGuid", "WhenCreatedUTC")
PERMISSIONS_LINE = (
    "Get-Mailbox -RecipientTypeDetails SchedulingMailbox -ResultSize:Unlimited | Get-MailboxPermission "
    "| Select-Object Identity,User,AccessRights | Where-Object {($_.user -like '*@*')}"
)
LIST_LINE = "Get-Mailbox -RecipientTypeDetails SchedulingMailbox -ResultSize:Unlimited"


class MailboxFilter(forms.Form):
    """Which mailboxes."""

    q = forms.CharField(label=_("Name or address"), required=False, max_length=254)
    type = forms.ChoiceField(label=_("Type"), required=False, choices=[("", _("Every type")), *Mailbox.Kind.choices])


@organisation_page
def index(request: MemberRequest) -> HttpResponse | StreamingHttpResponse:
    """The mailboxes, or with `?view=permissions` who has full access; `?format=csv`: all of it as a file."""
    rights, data = request.GET.get("view") == "permissions", request.GET.copy()
    if rights:
        data.setdefault("type", Mailbox.Kind.SCHEDULING)
    form = MailboxFilter(data)
    wanted: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    kind = wanted.get("type") or None
    found = mailboxes.listed(kind, wanted.get("q", ""))
    if request.GET.get("format") == "csv":
        return _file(request, found, rights=rights)
    page = Paginator(found.select_related("user", "page"), PER_PAGE).get_page(request.GET.get("p"))
    kept = request.GET.copy()
    kept.pop("p", None)
    context = {
        "form": form, "page": page, "kept": kept.urlencode(), "rights": rights, "kind": kind,
        "columns": mailboxes.COLUMNS, "line": PERMISSIONS_LINE if rights else LIST_LINE,
        "permissions": mailboxes.people(mailboxes.permissions(page.object_list)) if rights else (),
    }  # fmt: skip
    return show(request, "organisation/mailboxes.html", context, tab="mailboxes")


def _file(request: MemberRequest, found: Any, *, rights: bool) -> StreamingHttpResponse:
    if rights:
        everybody = mailboxes.people(mailboxes.permissions(found))
        rows: Any = ((each.identity, each.user, each.rights) for each in everybody)
        return sheets.streamed("mailbox-permissions", mailboxes.COLUMNS, rows, tenant=request.tenant)
    values = found.values_list("display_name", "address", "kind", "exchange_guid", "created_at").iterator()
    rows = ((*texts, str(guid), at.isoformat()) for *texts, guid, at in values)
    return sheets.streamed("mailboxes", HEAD, rows, tenant=request.tenant)


@organisation_page
def detail(request: MemberRequest, mailbox_id: uuid.UUID) -> HttpResponse:
    """The user whom nobody remembers, explained, to be read and printed; also when the mailbox is gone already."""
    story = provenance.story(mailbox_id)
    if story is None:
        raise NotFound
    context = {
        "story": story, "directory": provenance.DIRECTORY,
        "how": audit_words.source(story.creation.source) if story.creation else "",
        "mails": [(mail, catalogue.label(mail.template)) for mail in story.mails],
        "events": [(event, audit_words.action(event.action)) for event in story.events],
        "most": provenance.MOST,
    }  # fmt: skip
    return show(request, "organisation/mailbox.html", context, tab="mailboxes")
