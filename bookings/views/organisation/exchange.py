"""Takes over what Exchange tells of mailboxes: the list is pasted or uploaded, compared, and only then taken over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bookings.models import BookingPage
from bookings.views.organisation.desk import organisation_page, show
from tenants import exchange_mailboxes
from tenants.access import MemberRequest, actor_of
from tenants.exchange_mailboxes import Row, Unreadable
from tenants.services import licensing

_LARGEST = 10_000_000
#: How many of each kind are named.
_NAMED = 20
#: A comparison that is older is made again: meanwhile other things may have changed.
_SERVES = 3600
_SALT = "organisation.exchange"


class ListForm(forms.Form):
    """The list, as a file or as text."""

    file = forms.FileField(label=gettext_lazy("The file mailboxes.csv"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Or its text"),
        required=False,
        max_length=500_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Reads whichever was given; the rows are then in `rows`."""
        given = super().clean() or {}
        file = given.get("file")
        if file is not None and file.size > _LARGEST:
            raise forms.ValidationError(_("This file is too large for a list of mailboxes."))
        text = exchange_mailboxes.decode(file.read()) if file is not None else given.get("text", "")
        try:
            given["rows"] = exchange_mailboxes.read(text)
        except Unreadable as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
        return given


@organisation_page
def index(request: MemberRequest) -> HttpResponse:
    """GET explains, POST compares a list with what is known, a second POST takes it over."""
    if request.method == "POST" and "rows" in request.POST:
        return _take_over(request)
    form = ListForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        return _comparison(request, form.cleaned_data["rows"])
    context = {"form": form, "line": exchange_mailboxes.POWERSHELL}
    return show(request, "organisation/exchange.html", context, tab="people")


def _comparison(request: MemberRequest, rows: list[Row]) -> HttpResponse:
    result = licensing.compare(rows, now=timezone.now())
    mailboxes = [mailbox.pk for mailbox in result.readdressed]
    pages = BookingPage.objects.filter(kind=BookingPage.Kind.PERSONAL, activated_at__isnull=False)
    with_page = set(pages.values_list("mailbox", flat=True)).intersection(mailboxes)
    moved = [mailbox.display_name for mailbox in result.readdressed if mailbox.pk in with_page]
    findings = [
        (_("get a page's address from Exchange"), len(mailboxes), []),
        (_("of them have a page already; links to its old address stop working"), len(moved), moved[:_NAMED]),
        (_("may have a page from now on"), len(result.gaining), _names(result.gaining)),
        (_("may have none any more: Exchange has not given them Bookings"), len(result.losing), _names(result.losing)),
        (_("are not here, and are left out"), len(result.unknown), result.unknown[:_NAMED]),
        (_("have the GUID of another mailbox, which is left out"), len(result.collisions), result.collisions[:_NAMED]),
    ]
    context = {
        "count": len(result.found), "changed": len(result.changed), "rows": _packed(request, rows),
        "findings": [finding for finding in findings if finding[1]],
    }  # fmt: skip
    return show(request, "organisation/exchange_compare.html", context, tab="people")


def _names(mailboxes: list[Any]) -> list[str]:
    return [mailbox.display_name for mailbox in mailboxes[:_NAMED]]


def _packed(request: MemberRequest, rows: list[Row]) -> str:
    """The rows for the second step, signed for this organisation: what is taken over is what was compared."""
    plain = [(row.address, row.exchange_guid.hex if row.exchange_guid else "", row.capabilities) for row in rows]
    return signing.dumps(plain, salt=f"{_SALT}:{request.tenant.pk}", compress=True)


def _take_over(request: MemberRequest) -> HttpResponse:
    try:
        plain = signing.loads(request.POST["rows"], salt=f"{_SALT}:{request.tenant.pk}", max_age=_SERVES)
    except signing.BadSignature:
        messages.error(request, _("This comparison is no longer good. Please give the list once more."))
        return redirect("organisation:people_exchange")
    rows = [
        Row(address, exchange_mailboxes.guid(guid), None if capabilities is None else tuple(capabilities))
        for address, guid, capabilities in plain
    ]
    result = licensing.apply(tenant=request.tenant, rows=rows, now=timezone.now(), actor=actor_of(request))
    words = ngettext("%(n)d mailbox was changed.", "%(n)d mailboxes were changed.", len(result.changed))
    messages.success(request, words % {"n": len(result.changed)})
    return redirect("organisation:people")
