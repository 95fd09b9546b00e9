"""The share kit of a page, of one public type, and of one private link: copy, mail, signature, picture, frame."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, urlencode

import segno
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import BookingPage, PrivateLink, Service
from bookings.views.staff import links
from bookings.views.staff.desk import staff_page
from bookings.views.staff.pages import show_page
from tenants.access import STAFF, MemberRequest
from tenants.errors import NotFound

READ = ["GET", "HEAD"]
#: What a link may bring along to fill in the form, and the campaign that the booking keeps.
PREFILLED = ("name", "email", "ref")
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What is shared: a page, one of its public types, or a private link to a type."""

    page: BookingPage
    service: Service | None = None
    link: PrivateLink | None = None

    @property
    def url(self) -> str:
        """The address to give away; of a personal page the one that never asks for a sign-in (S1.2)."""
        if self.link is not None:
            return self.link.url
        if self.service is not None:
            return f"{self.page.url}{'/meetingtype/' if self.page.is_personal else 'service/'}{self.service.pk}"
        return self.page.anonymous_url if self.page.is_personal else self.page.url

    @property
    def title(self) -> str:
        """What a visitor finds there."""
        return self.service.title if self.service else self.page.display_name

    def with_more(self, **more: str) -> str:
        """The address with parameters; an empty one stands without `=`."""
        pairs = [f"{name}={quote(value, safe='')}" if value else name for name, value in more.items()]
        return f"{self.url}{'&' if '?' in self.url else '?'}{'&'.join(pairs)}" if pairs else self.url

    @property
    def call(self) -> str:
        """The words of a link in a signature or a mail."""
        names = {"title": self.title, "host": self.page.display_name}
        if self.service is not None:
            return _("Book “%(title)s” with %(host)s") % names
        return _("Book a time with %(host)s") % names


@staff_page(*STAFF, methods=READ)
def page(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """How to share a page."""
    return kit(request, Shared(page=staff_access.page(request, page_id)))


@staff_page(*STAFF, methods=READ)
def service(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """How to share one public type; a private one is shared by its links."""
    found, row = links.found(request, page_id, service_id)
    if not row.is_public:
        return redirect("staff:service_links", found.pk, row.pk)
    return kit(request, Shared(page=found, service=row))


@staff_page(*STAFF, methods=READ)
def link(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID, link_id: uuid.UUID) -> HttpResponse:
    """How to share one private link that works."""
    return kit(request, _of_link(request, page_id, service_id, link_id))


@staff_page(*STAFF, methods=READ)
def page_code(request: MemberRequest, page_id: uuid.UUID, form: str) -> HttpResponse:
    """The QR code of a page's address."""
    return code(Shared(page=staff_access.page(request, page_id)).url, form)


@staff_page(*STAFF, methods=READ)
def service_code(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID, form: str) -> HttpResponse:
    """The QR code of a public type's address."""
    found, row = links.found(request, page_id, service_id)
    if not row.is_public:
        raise NotFound
    return code(Shared(page=found, service=row).url, form)


@staff_page(*STAFF, methods=READ)
def link_code(
    request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID, link_id: uuid.UUID, form: str
) -> HttpResponse:
    """The QR code of a private link."""
    return code(_of_link(request, page_id, service_id, link_id).url, form)


def _of_link(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID, link_id: uuid.UUID) -> Shared:
    row = links.known(request, page_id, service_id, link_id)
    if row.state != links.LinkState.ACTIVE:  # type: ignore[attr-defined]
        raise NotFound
    return Shared(page=row.service.page, service=row.service, link=row)


def code(address: str, form: str) -> HttpResponse:
    """The address as a QR code, to be read from paper too: `svg` or `png`, black on white with its quiet zone."""
    out = io.BytesIO()
    segno.make(address, micro=False, error="m").save(out, kind=form, scale=8, border=4, light="#ffffff")
    return HttpResponse(out.getvalue(), content_type=_TYPES[form])


def kit(request: MemberRequest, shared: Shared) -> HttpResponse:
    """The page with everything there is to share it."""
    filled = {name: request.GET[name].strip() for name in PREFILLED if request.GET.get(name, "").strip()}
    tenant = request.tenant
    context = {
        "shared": shared,
        "service": shared.service,
        "link": shared.link,
        "mailto": mailto(shared),
        "signature": signature(shared),
        "plain_signature": f"{shared.call}: {shared.url}",
        "frame": frame(shared),
        "sites": tenant.frame_ancestors,
        "filled": filled,
        "filled_url": shared.with_more(**filled) if filled else "",
        "example_url": shared.with_more(name="Ana Pérez", email="ana@example.com"),
        "campaign_url": shared.with_more(ref="newsletter"),
        "types": [] if shared.service else public_types(shared.page),
        "code_base": request.path,
        "tab": "types" if shared.service else "share",
    }
    return show_page(request, shared.page, "staff/share.html", context)


def mailto(shared: Shared) -> str:
    """A mail about it, for the reader's own mail program."""
    text = _("Hello,\n\nplease choose a time that suits you:\n%(url)s\n") % {"url": shared.url}
    return f"mailto:?{urlencode({'subject': shared.call, 'body': text}, quote_via=quote)}"


def signature(shared: Shared) -> str:
    """A line of HTML for mail signatures, without styles: mail programs and clipboards drop them."""
    return f'<a href="{escape(shared.url)}"><strong>{escape(shared.call)}</strong></a>'


def frame(shared: Shared) -> str:
    """A line of HTML that shows it inside another site."""
    address, title = escape(shared.with_more(embed="")), escape(shared.call)
    looks = 'width="100%" height="860" style="border:0" loading="lazy"'
    return f'<iframe src="{address}" title="{title}" {looks}></iframe>'


def public_types(page: BookingPage) -> list[Service]:
    """The types that stand on a page: each can be shared by itself."""
    return list(page.services.filter(archived_at=None, is_public=True).order_by("position", "title"))
