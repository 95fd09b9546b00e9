"""The front door: what this is, and in the demonstration what there is to open."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_scopes import scopes_disabled

from bookings.models import BookingPage, Service
from bookings.services import entitled
from tenants.services import policies

#: The most pages that are listed.
_MOST = 60


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is; sign in. The demonstration lists every organisation's pages."""
    return render(request, "home.html", {"pages": demo_pages() if settings.DEMO else []})


def demo_pages() -> list[BookingPage]:
    """Every page that can be opened, of all organisations; those without a public type come last."""
    with scopes_disabled():
        reachable = BookingPage.objects.filter(is_published=True, reachable_at__lte=timezone.now())
        reachable = reachable.annotate(**policies.beside(tenant="tenant", mailbox="mailbox"))
        public = Service.objects.filter(page=OuterRef("pk"), is_public=True, archived_at=None)
        shown = reachable.annotate(is_empty=~Exists(public)).select_related("mailbox", "tenant")
        found = shown.order_by("tenant__name", "is_empty", "kind", "display_name")[:_MOST]
        return [page for page in found if entitled.why_closed(page) is None]
