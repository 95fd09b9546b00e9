"""Everybody in the organisation: who may have a booking page, who has one, and what is missing (S1.4-S1.12, S0.18)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.services import personal_addresses
from bookings.services.personal_addresses import PersonalAddress, State
from bookings.views.organisation.desk import organisation_action, organisation_page, show
from bookings.views.staff import share, sheets
from tenants import products
from tenants.access import MemberRequest, actor_of
from tenants.models import Domain, Mailbox
from tenants.services import import_progress, people

PER_PAGE = 50
#: The columns of the file; programs and spreadsheets rely on them.
HEAD = (
    "DisplayName", "PrimarySmtpAddress", "UserPrincipalName", "State", "Reason", "Products", "BookingsServicePlan",
    "BookingsCapability", "CheckedAt", "Url", "AnonymousUrl", "SignatureHtml",
)  # fmt: skip
BADGES = {
    State.ACTIVE: "ok", State.WITHOUT_TYPES: "warn", State.ACTIVATING: "accent", State.CHECK_FAILED: "danger",
    State.NO_LICENCE: "warn", State.NO_CAPABILITY: "warn", State.BLOCKED: "danger",
}  # fmt: skip


class PeopleFilter(forms.Form):
    """Which people."""

    q = forms.CharField(label=gettext_lazy("Name or address"), required=False, max_length=254)
    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, choices=[("", gettext_lazy("Every state")), *State.choices]
    )


@organisation_page
def index(request: MemberRequest) -> HttpResponseBase:
    """The report; `?format=csv`: all that fits as a file, `?format=html`: the signatures of those with a page."""
    form = PeopleFilter(request.GET or None)
    wanted: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    everybody = personal_addresses.listed(tenant=request.tenant, now=timezone.now())
    found = _narrowed(everybody, wanted)
    if request.GET.get("format") == "csv":
        return sheets.streamed("people", HEAD, map(_line, found), tenant=request.tenant)
    if request.GET.get("format") == "html":
        return _signatures(found)
    kept = request.GET.copy()
    kept.pop("p", None)
    counts = Counter(each.state for each in everybody)
    context = {
        "form": form, "page": Paginator(found, PER_PAGE).get_page(request.GET.get("p")), "kept": kept.urlencode(),
        "total": len(everybody), "wanted": wanted.get("state", ""), "badges": BADGES,
        "counts": [(state, counts[state], BADGES.get(state, "")) for state in State if counts[state]],
        "signatures": any(each.url for each in found), "progress": import_progress.progress(request.tenant),
        "can_import": people.may_import(request.tenant), "domain": primary_domain(),
    }  # fmt: skip
    context["rows"] = [(each, BADGES.get(each.state, ""), products_of(each.mailbox)) for each in context["page"]]
    return show(request, "organisation/people.html", context, tab="people")


def primary_domain() -> str:
    """The domain that commands name the organisation by."""
    domains = Domain.objects.filter(verified_at__isnull=False).order_by("-is_primary", "name")
    return domains.values_list("name", flat=True).first() or ""


def _narrowed(everybody: Sequence[PersonalAddress], wanted: dict[str, Any]) -> list[PersonalAddress]:
    state, text = wanted.get("state", ""), wanted.get("q", "").casefold()
    return [
        each for each in everybody
        if (not state or each.state == state)
        and (not text or any(text in one.casefold() for one in (each.name, each.user, each.mailbox.principal_name)))
    ]  # fmt: skip


def products_of(mailbox: Mailbox) -> list[str]:
    """The names of the products that are assigned."""
    return products.names(mailbox.licences)


def _line(each: PersonalAddress) -> tuple[Any, ...]:
    mailbox = each.mailbox
    plan = {True: "yes", False: "no", None: ""}[mailbox.has_bookings_plan]
    checked = mailbox.licence_checked_at.isoformat() if mailbox.licence_checked_at else ""
    return (
        each.name, each.user, mailbox.principal_name, each.state.value, each.reason, "; ".join(products_of(mailbox)),
        plan, "yes" if mailbox.has_bookings else "no", checked, each.url, each.anonymous_url, signature(each),
    )  # fmt: skip


def signature(each: PersonalAddress) -> str:
    """The line for the person's mail signature (S1.5); "" without a page that visitors reach."""
    return share.signature(share.Shared(page=each.page)) if each.page is not None and each.url else ""


def _signatures(found: Sequence[PersonalAddress]) -> HttpResponse:
    """A file with one line for each signature, named by the person's address, for who puts them into signatures."""
    rows = (
        (each.user, each.anonymous_url, share.Shared(page=each.page).call) for each in found if each.page and each.url
    )
    lines = format_html_join("\n", '<p data-user="{}"><a href="{}"><strong>{}</strong></a></p>', rows)
    page = format_html('<!doctype html>\n<meta charset="utf-8">\n<title>{}</title>\n{}\n', _("Signatures"), lines)
    headers = {"Content-Disposition": 'attachment; filename="signatures.html"'}
    return HttpResponse(page, content_type="text/html; charset=utf-8", headers=headers)


@organisation_action
def import_now(request: MemberRequest) -> HttpResponse:
    """Asks for an import; the page shows how far it is."""
    people.ask_import(tenant=request.tenant, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("People are being brought in from the directory."))
    return redirect("organisation:people")


@organisation_page
def progress(request: MemberRequest) -> HttpResponse:
    """How far the import is, for the page that asks every two seconds; when it has ended, the page loads again."""
    state = import_progress.progress(request.tenant)
    response = render(request, "organisation/parts/people_progress.html", {"progress": state})
    if state is None or not state.runs:
        response["HX-Refresh"] = "true"
    return response


@organisation_page
def leavers(request: MemberRequest) -> HttpResponse:
    """GET lists who was not in the directory at the last import, POST says that they have left indeed."""
    state = import_progress.progress(request.tenant)
    gone = import_progress.missing(state)
    if request.method == "POST":
        people.ask_import(tenant=request.tenant, now=timezone.now(), actor=actor_of(request), accept_leavers=True)
        messages.success(request, _("People are being brought in; who is missing is marked as having left."))
        return redirect("organisation:people")
    page = Paginator(gone, PER_PAGE).get_page(request.GET.get("p"))
    return show(request, "organisation/people_leavers.html", {"page": page, "kept": ""}, tab="people")


class UserFilter(forms.Form):
    """Which user objects."""

    q = forms.CharField(label=gettext_lazy("Name or address"), required=False, max_length=254)


@organisation_page
def active_users(request: MemberRequest) -> HttpResponseBase:
    """Every user object that is on, as Microsoft's admin centre lists them: scheduling mailboxes among them (S0.18)."""
    form = UserFilter(request.GET or None)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    rows = Mailbox.objects.filter(account_enabled=True).exclude(kind=Mailbox.Kind.ROOM)
    if text:
        rows = rows.filter(Q(display_name__icontains=text) | Q(address__icontains=text))
    rows = rows.order_by("display_name", "address")
    if request.GET.get("format") == "csv":
        lines = ((one.display_name, one.address, one.kind, "; ".join(products_of(one))) for one in rows.iterator())
        head = ("DisplayName", "UserName", "RecipientTypeDetails", "Products")
        return sheets.streamed("active-users", head, lines, tenant=request.tenant)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
    kept = request.GET.copy()
    kept.pop("p", None)
    users = [(mailbox, products_of(mailbox)) for mailbox in page]
    context = {"form": form, "page": page, "users": users, "kept": kept.urlencode()}
    return show(request, "organisation/active_users.html", context, tab="people")
