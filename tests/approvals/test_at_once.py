"""Answers that come in the same moment: one counts. Two requests for one time are never both confirmed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from django.db import connections
from django_scopes import scope

from bookings.models import Approval, Booking
from bookings.services import approvals, decisions
from tenants.models import AuditEvent, Claim, Tenant
from tenants.services.claims import Taken
from tests.approvals.scene import STAFF, asking, later, mails, questions, request
from tests.factories import TenantFactory

Act = Callable[[], object]


def all_at_once(tenant: Tenant, acts: Sequence[Act]) -> Counter[str]:
    """Runs every act in a thread of its own, from one gate. Counts `done` and the names of refusals."""
    gate, outcome = threading.Barrier(len(acts)), Counter[str]()

    def run(act: Act) -> None:
        gate.wait()
        try:
            with scope(tenant=tenant):
                act()
            outcome["done"] += 1
        except (Taken, approvals.AlreadyDecided) as refused:
            outcome[type(refused).__name__] += 1
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


def answering(approval: Approval, answer: str) -> Act:
    """One click, with a question that was read before the others clicked."""
    pk = approval.pk

    def click() -> None:
        asked = Approval.objects.select_related("booking").get(pk=pk)
        use_case = decisions.approve if answer == "approve" else decisions.reject
        use_case(approval=asked, now=later(1), actor=STAFF, by=answer)

    return click


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [2, 8])
def test_requests_for_one_time_are_never_both_confirmed(number: int) -> None:
    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    with scope(tenant=tenant):
        page, service, _ = asking(tenant, pending_holds=False)
        requests = [request(page, service) for _number in range(number)]
        acts = [answering(questions(booking)[0], "approve") for booking in requests]
    outcome = all_at_once(tenant, acts)
    assert outcome["done"] == 1 and sum(outcome.values()) == number
    with scope(tenant=tenant):
        states = Counter(Booking.objects.values_list("status", flat=True))
        assert states == {Booking.Status.CONFIRMED: 1, Booking.Status.DECLINED: number - 1}
        assert Claim.objects.count() == 1
        assert (len(mails("confirmed")), len(mails("declined"))) == (2, number - 1)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_twenty_clicks_on_both_buttons_one_decides() -> None:
    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    with scope(tenant=tenant):
        page, service, _ = asking(tenant, staff=2, staffing="all")
        booking = request(page, service)
        asked = questions(booking)
        acts = [answering(asked[n % 2], "approve" if n % 3 else "reject") for n in range(20)]
    assert all_at_once(tenant, acts) == {"done": 1, "AlreadyDecided": 19}
    with scope(tenant=tenant):
        booking.refresh_from_db()
        [decided] = [question for question in questions(booking) if question.state in ("approved", "rejected")]
        confirmed = booking.status == Booking.Status.CONFIRMED
        assert confirmed == (decided.state == "approved")
        assert Claim.objects.count() == (2 if confirmed else 0)
        assert len(mails("declined")) == (0 if confirmed else 1)
        assert AuditEvent.objects.filter(action__in=["booking.approved", "booking.declined"]).count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_colleagues_turn_is_answered_once_and_one_next_colleague_is_asked() -> None:
    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    with scope(tenant=tenant):
        page, service, _ = asking(tenant, approval="assignment", staff=4)
        booking = request(page, service)
        acts = [answering(questions(booking)[0], "reject") for _number in range(8)]
    assert all_at_once(tenant, acts) == {"done": 1, "AlreadyDecided": 7}
    with scope(tenant=tenant):
        assert [question.state for question in questions(booking)] == ["rejected", "waiting"]
        assert Claim.objects.count() == 1
