"""How bookings are shared out among the people of a page: counts against shares, who is next, and the ledger."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone

from bookings.models import Assignment, Service, StaffMember
from bookings.services import fairness
from bookings.views.staff.desk import staff_page
from bookings.views.staff.pages import show_page
from bookings.views.staff.people import business_page
from tenants.access import SCHEDULERS, MemberRequest

PER_PAGE = 25
#: How many bookings are shared out in thought.
NEXT = 10


@dataclass(frozen=True, slots=True)
class Share:
    """One person's share of the recent bookings."""

    member: StaffMember
    count: int
    expected: float
    percent: int
    expected_percent: int


@staff_page(*SCHEDULERS, methods=["GET", "HEAD"])
def index(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """The page's fairness, of all people or of those who give one service."""
    page, now = business_page(request, page_id), timezone.now()
    services = list(page.services.filter(archived_at=None))
    chosen = next((row for row in services if str(row.pk) == request.GET.get("service")), None)
    members = people(page.staff_members.filter(removed_at=None, status=StaffMember.Status.ACTIVE), chosen)
    ledger = Assignment.objects.filter(page=page).select_related("booking", "staff_member")
    if chosen is not None:
        ledger = ledger.filter(booking__service=chosen)
    page_of_ledger = Paginator(ledger, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        "services": services,
        "chosen": chosen,
        "shares": shares(members, now),
        "days": fairness.WINDOW.days,
        "following": fairness.what_if(members, now=now, bookings=NEXT) if len(members) > 1 else [],
        "ledger": page_of_ledger,
        "lines": fairness.ledger(page_of_ledger),
        "kept": f"service={chosen.pk}" if chosen else "",
        "tab": "people",
    }
    return show_page(request, page, "staff/fairness.html", context)


def people(members: object, service: Service | None) -> list[StaffMember]:
    """Those who are compared, in their order."""
    rows: list[StaffMember] = list(members)  # type: ignore[call-overload]
    if service is None:
        return rows
    giving = set(service.staff.values_list("pk", flat=True))
    return [member for member in rows if member.pk in giving]


def shares(members: list[StaffMember], now: datetime) -> list[Share]:
    """What each got in the window, and what the weights ask for."""
    counts = {pk: count for pk, (count, _last) in fairness.loads(members, now=now).items()}
    total, weights = sum(counts.values()), sum(member.weight for member in members)
    return [
        Share(
            member=member,
            count=counts[str(member.pk)],
            expected=total * member.weight / weights,
            percent=round(100 * counts[str(member.pk)] / total) if total else 0,
            expected_percent=round(100 * member.weight / weights),
        )
        for member in members
    ]
