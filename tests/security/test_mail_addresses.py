"""Mail to domains that are written in every alphabet (RFC 5891)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from bookings.models import MailCode
from bookings.services.intake import Details
from tenants.errors import InvalidInput
from tenants.models import Message, Tenant
from tests.factories import ANA, at, book, clinic
from tests.pages.reading import details, text


def test_a_customer_at_an_international_domain_gets_the_mail(
    contoso: Tenant, postbox: Any, run: Callable[..., None]
) -> None:
    page, service, _members = clinic(contoso)
    book(page, service, at("2026-11-30 08:00"), customer=replace(ANA, email="ana@bücher.example"))
    run()
    mails = {mail["To"].addresses[0].addr_spec: mail for mail in postbox.mails}
    assert "ana@xn--bcher-kva.example" in mails
    assert len(mails) == 2
    assert {mail["Reply-To"] for mail in postbox.mails} >= {"ana@xn--bcher-kva.example"}
    assert not Message.objects.exclude(state=Message.State.SENT).exists()


@pytest.mark.parametrize("address", ['"ana"@example.net', '"a\\na"@example.net', '"a,b"@example.net'])
def test_one_letter_box_has_one_spelling(contoso: Tenant, monday: None, address: str) -> None:
    """A name in quotes would slip by blocked senders and by every limit, that of mailed codes too."""
    page, service, _members = clinic(contoso, guests_allowed=True)
    page.asks_mail_code = True
    page.save()
    visitor, place = Client(), f"{page.path}service/{service.pk}?time=2026-11-24T09:00Z"
    answer = visitor.post(place, details(visitor, place, email=address))
    assert answer.status_code == 422
    assert "Please enter a mail address such as" in text(answer)
    assert not MailCode.objects.exists()
    with pytest.raises(InvalidInput):
        book(page, service, at("2026-11-30 08:00"), details=Details(guests=[address]))
