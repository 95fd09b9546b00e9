"""What a caller may reach on a page that is open to visitors."""

from __future__ import annotations

from uuid import UUID

from bookings import access
from bookings.models import BookingPage, PrivateLink, Service
from tenants.api.views import ApiView
from tenants.errors import NotFound


def enter(view: ApiView, address: str) -> BookingPage:
    """The page that visitors reach at `address` now; the rest of the request runs in its organisation's scope."""
    principal = view.principal
    page = access.reachable_page(address, view.now, caller=principal.tenant if principal else None)
    view.enter(page.tenant)
    return page


def service(
    view: ApiView, page: BookingPage, service_id: UUID, token: str | None, *, key: str
) -> tuple[Service, PrivateLink | None]:
    """The service, and the link it was reached through.

    | the caller has                         | reaches                             |
    |----------------------------------------|-------------------------------------|
    | nothing                                | public services                     |
    | a link's token                         | the link's own service              |
    | a key of the page's organisation with  | every service                       |
    | the scope `key`                        |                                     |

    Raises NotFound for everything else. Whether the link still works is the caller's question: a booking that is sent
    again with its key gets its answer, although the first one used the link up.
    """
    found = access.service(page, service_id)
    if token:
        link = access.link(token)
        if link.service_id != found.pk:
            raise NotFound
        return found, link
    if not found.is_public and not holds_key(view, page, key):
        raise NotFound
    return found, None


def holds_key(view: ApiView, page: BookingPage, scope: str) -> bool:
    """Whether the caller is a program of the page's organisation with `scope`."""
    principal = view.principal
    return principal is not None and principal.tenant.pk == page.tenant_id and principal.may(scope)
