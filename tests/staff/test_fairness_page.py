"""Fairness: shares against weights, who would be next, and the ledger with its reasons."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bookings.models import Assignment, StaffMember
from tenants.models import Role, Tenant
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.row("S0.6")
def test_shares_follow_weights_and_every_line_of_the_ledger_says_why(client: Client, sign_in, contoso: Tenant) -> None:
    page, service, (ana, ben) = factories.clinic(contoso, staff=2)
    StaffMember.objects.filter(pk=ana.pk).update(weight=3)
    for number in range(8):
        factories.book(page, service, at(f"2026-11-{24 + number // 4} {9 + number % 4:02}:00"))
    sign_in(Role.SCHEDULER)
    address = reverse("staff:fairness", args=[page.pk])
    answer = client.get(address)
    got = {share.member.pk: (share.count, share.expected) for share in answer.context["shares"]}
    assert got == {ana.pk: (6, 6.0), ben.pk: (2, 2.0)}
    text = answer.content.decode()
    assert Assignment.objects.count() == 8
    assert all(line.reason in text.replace("&#x27;", "'") for line in Assignment.objects.all())
    following = answer.context["following"]
    assert [member.pk for member in following[:4]].count(ana.pk) == 3
    other = factories.ServiceFactory(page=page, title="Alone", members=[ben])
    only = client.get(address, {"service": str(other.pk)})
    assert [share.member for share in only.context["shares"]] == [ben]
    assert "Nothing was shared out yet" in only.content.decode()


def test_only_those_who_look_after_the_page_see_it(client: Client, sign_in, contoso: Tenant) -> None:
    page, _service, _members = factories.clinic(contoso)
    own, _type, _owner = factories.personal_page(contoso)
    sign_in()
    assert client.get(reverse("staff:fairness", args=[page.pk])).status_code == 404
    sign_in(Role.OWNER)
    assert client.get(reverse("staff:fairness", args=[page.pk])).status_code == 200
    assert client.get(reverse("staff:fairness", args=[own.pk])).status_code == 404
