"""The console of private links: what became of each, and what can be done with it (S4.9-S4.15)."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings import staff_access
from bookings.models import BookingPage, PrivateLink, Service
from bookings.services import link_keeping, private_links
from bookings.services.link_keeping import LinkState
from bookings.views.staff.desk import own_action, show, staff_page, tried
from bookings.views.staff.link_forms import BatchForm, LinkFilter, LinkForm
from bookings.views.staff.pages import show_page
from tenants.access import STAFF, MemberRequest, actor_of
from tenants.errors import NotFound

PER_PAGE = 50
READ = ["GET", "HEAD"]


@staff_page(*STAFF, methods=READ)
def index(request: MemberRequest) -> HttpResponse:
    """The links of every private type that this member looks after."""
    every = staff_access.links(request)
    pages = BookingPage.objects.filter(pk__in=every.order_by().values("service__page"))
    context = listed(request, every, LinkFilter(request.GET or None, pages=pages))
    return show(request, "staff/links.html", context | {"download": reverse("staff:links_file")}, section="links")


@staff_page(*STAFF, methods=READ)
def file(request: MemberRequest) -> HttpResponse:
    """The same links as a table for a spreadsheet."""
    every = staff_access.links(request)
    pages = BookingPage.objects.filter(pk__in=every.order_by().values("service__page"))
    return as_file(narrowed(every, LinkFilter(request.GET or None, pages=pages), timezone.now()))


@staff_page(*STAFF)
def of_type(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """The links of one type; POST makes another one (S4.12-S4.14)."""
    page, service = found(request, page_id, service_id)
    form = LinkForm(request.POST if request.method == "POST" else None, auto_id="link_%s")
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"service": service, "now": timezone.now(), "actor": actor_of(request)}
        private_links.create(**act, **form.made, **form.rules(page.time_zone))
        messages.success(request, _("The link is ready to be copied."))
        return redirect("staff:service_links", page.pk, service.pk)
    return console(request, service, form=form)


@own_action
def batch(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """Makes a named link for one booking for each person of a list."""
    page, service = found(request, page_id, service_id)
    form = BatchForm(request.POST, auto_id="batch_%s")
    if not form.is_valid():
        return console(request, service, many=form)
    now = timezone.now()
    made = link_keeping.create_many(
        service=service, people=form.cleaned_data["people"], mailed=form.cleaned_data["mailed"], now=now,
        actor=actor_of(request), **form.rules(page.time_zone),
    )  # fmt: skip
    said = ngettext("%(count)d link is ready.", "%(count)d links are ready.", len(made)) % {"count": len(made)}
    messages.success(request, said)
    here = reverse("staff:service_links", args=[page.pk, service.pk])
    return redirect(f"{here}?{urlencode({'since': now.isoformat()})}")


@staff_page(*STAFF, methods=READ)
def file_of_type(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """The links of one type as a table for a spreadsheet."""
    _page, service = found(request, page_id, service_id)
    return as_file(narrowed(links_to(service), LinkFilter(request.GET or None), timezone.now()))


@staff_page(*STAFF)
def edit(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID, link_id: uuid.UUID) -> HttpResponse:
    """Everything about one link; POST changes whom it is for and its limits."""
    link, now = known(request, page_id, service_id, link_id), timezone.now()
    form = LinkForm.of(link, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"link": link, "now": now, "actor": actor_of(request)}
        if tried(form, lambda: link_keeping.change(**act, **form.changed(link, now))):
            messages.success(request, _("Saved."))
            return redirect("staff:link", page_id, service_id, link_id)
        link = known(request, page_id, service_id, link_id)
    bookings = link.bookings.order_by("-created_at")[:PER_PAGE]
    context = {"link": link, "form": form, "service": link.service, "bookings": bookings, "tab": "types"}
    return show_page(request, link.service.page, "staff/link.html", context | {"row": row_of(link, now)})


def _button(act: Callable[..., Any], said: Callable[[PrivateLink], str]) -> Callable[..., HttpResponseBase]:
    @own_action
    def pressed(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID, link_id: uuid.UUID) -> HttpResponse:
        link = known(request, page_id, service_id, link_id)
        act(link=link, now=timezone.now(), actor=actor_of(request))
        messages.success(request, said(link))
        if request.POST.get("from") == "link":
            return redirect("staff:link", page_id, service_id, link_id)
        return redirect("staff:service_links", page_id, service_id)

    return pressed


#: The link opens nothing from now on.
revoke = _button(private_links.revoke, lambda link: _("The link is withdrawn. Bookings made through it stay."))
#: The link works for 90 days from now.
extend = _button(link_keeping.extend, lambda link: _("The link works for at least another 90 days."))
#: The link gets another address.
renew = _button(link_keeping.renew, lambda link: _("This is the new address. The old one opens nothing from now on."))
#: A use that a cancelled booking took is given back.
reopen = _button(link_keeping.reopen, lambda link: _("The link allows one more booking."))
#: The link goes to its mail address.
send = _button(link_keeping.send, lambda link: _("The link is on its way to %(address)s.") % {"address": link.email})


def console(
    request: MemberRequest, service: Service, *, form: LinkForm | None = None, many: BatchForm | None = None
) -> HttpResponse:
    """The page of one type's links."""
    page = service.page
    context = listed(request, links_to(service), LinkFilter(request.GET or None)) | {
        "service": service,
        "link_form": form or LinkForm(auto_id="link_%s"),
        "batch_form": many or BatchForm(auto_id="batch_%s"),
        "batch_open": many is not None,
        "download": reverse("staff:service_links_file", args=[page.pk, service.pk]),
        "tab": "types",
    }
    return show_page(request, page, "staff/service_links.html", context)


def listed(request: MemberRequest, links: QuerySet[PrivateLink], form: LinkFilter) -> dict[str, Any]:
    """One page of the links that the filter asks for, each with its state and its last bookings."""
    now = timezone.now()
    page = Paginator(narrowed(links, form, now), PER_PAGE).get_page(request.GET.get("p"))
    shown = list(page.object_list)
    bookings = link_keeping.latest_bookings(shown)
    kept = request.GET.copy()
    kept.pop("p", None)
    rows = [row_of(link, now) | {"bookings": bookings.get(link.pk, [])} for link in shown]
    return {"filter": form, "rows": rows, "pager": page, "kept": kept.urlencode(), "filtered": bool(kept)}


def row_of(link: PrivateLink, now: datetime) -> dict[str, Any]:
    """A link with what can be done with it now."""
    state = LinkState(getattr(link, "state"))  # noqa: B009 - annotated by the query
    given_back = getattr(link, "standing")  # noqa: B009
    return {
        "link": link,
        "state": state,
        "may_extend": state in (LinkState.ACTIVE, LinkState.EXPIRED) and link.expires_at is not None,
        "may_reopen": link.max_uses is not None and link.uses > given_back,
        "cancelled": link.uses - given_back,
        "ended": link.expires_at is not None and link.expires_at < now,
    }


def narrowed(links: QuerySet[PrivateLink], form: LinkFilter, now: datetime) -> QuerySet[PrivateLink]:
    """Those that the filter asks for, the newest first."""
    form.is_valid()
    wanted: dict[str, Any] = getattr(form, "cleaned_data", {})
    rows: Any = link_keeping.with_state(links, now).order_by("-created_at", "-pk")
    if words := wanted.get("q"):
        named = Q(label__icontains=words) | Q(email__icontains=words) | Q(service__title__icontains=words)
        booked = Q(pk__in=PrivateLink.objects.filter(bookings__customer_name__icontains=words).values("pk"))
        rows = rows.filter(named | booked)
    if wanted.get("state"):
        rows = rows.filter(state=wanted["state"])
    if wanted.get("page"):
        rows = rows.filter(service__page=wanted["page"])
    found: QuerySet[PrivateLink] = rows.filter(created_at__gte=wanted["since"]) if wanted.get("since") else rows
    return found


def as_file(links: Iterable[PrivateLink]) -> HttpResponse:
    """The links as CSV; a cell never begins a formula."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="links.csv"'
    response.write("\ufeff")  # without it Excel takes the text for another encoding
    writer = csv.writer(response)
    head = (
        _("Who is it for?"), _("Mail address"), _("Meeting type"), _("Link"), _("State"), _("Expires"),
        _("Bookings made"), _("Bookings allowed"), _("First opened"), _("Booked by"),
    )  # fmt: skip
    writer.writerow(head)
    rows = list(links)
    bookings = link_keeping.latest_bookings(rows, most=10)
    for link in rows:
        names = ", ".join(booking.customer_name for booking in bookings.get(link.pk, []))
        cells = (
            link.label, link.email, link.service.title, link.url, LinkState(link.state).label,  # type: ignore[attr-defined]
            _instant(link.expires_at), link.uses, link.max_uses or "", _instant(link.first_opened_at), names,
        )  # fmt: skip
        writer.writerow([_harmless(str(cell)) for cell in cells])
    return response


def _instant(at: datetime | None) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds") if at else ""


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def links_to(service: Service) -> QuerySet[PrivateLink]:
    """The links of one type."""
    return PrivateLink.objects.filter(service=service).select_related("service__page__mailbox", "tenant")


def known(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID, link_id: uuid.UUID) -> PrivateLink:
    """A link of a type that this member may change, with its state. Raises NotFound."""
    _page, service = found(request, page_id, service_id)
    link = link_keeping.with_state(links_to(service), timezone.now()).filter(pk=link_id).first()
    if link is None:
        raise NotFound
    return link


def found(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> tuple[BookingPage, Service]:
    """A page this member may change, and one of its services."""
    page = staff_access.page(request, page_id)
    return page, staff_access.service(page, service_id)
