"""Mail to domains that are written in every alphabet (RFC 5891)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tenants.models import Message, Tenant
from tests.factories import ANA, at, book, clinic


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
