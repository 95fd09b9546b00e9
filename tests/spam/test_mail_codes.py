"""Six digits show that an address is the visitor's: for ten minutes, five tries, one form."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django_scopes import scope

from bookings.models import BookingPage, MailCode
from bookings.services import mail_codes
from bookings.services.mail_codes import CodeOver, WrongCode
from tenants.errors import DomainError
from tenants.models import Message, Tenant
from tenants.ratelimit import TooManyTries
from tests.factories import NOW, TenantFactory, clinic

ANA, KEY = "Ana@example.net", "one-form"


@pytest.fixture
def clinic_page(contoso: Tenant) -> BookingPage:
    return clinic(contoso)[0]


def ask(page: BookingPage, *, key: str = KEY, address: str = ANA, now: Any = NOW) -> MailCode:
    return mail_codes.ask(page=page, request_key=key, address=address, name="Ana", language="en", now=now)


def digits(*, other_than: str = "") -> str:
    """The code in the mail."""
    texts = [message.text for message in Message.objects.filter(template="mailCode")]
    found = [match[0] for match in (re.search(r"\b\d{3} ?\d{3}\b", text) for text in texts) if match]
    assert len(found) == len(texts)
    return next((code for code in found if code != other_than), other_than)


def confirm(page: BookingPage, typed: str, *, key: str = KEY, address: str = ANA, now: Any = NOW) -> None:
    mail_codes.confirm(tenant=page.tenant, request_key=key, address=address, digits=typed, now=now)


def is_confirmed(page: BookingPage, *, key: str = KEY, address: str = ANA, now: Any = NOW) -> bool:
    return mail_codes.is_confirmed(tenant=page.tenant, request_key=key, address=address, now=now)


def wrong(right: str) -> str:
    number = int(right.replace(" ", ""))
    return f"{(number + 1) % 1_000_000:06}"


def test_the_digits_from_the_mail_confirm_the_address_for_that_form(clinic_page: BookingPage) -> None:
    ask(clinic_page)
    assert not is_confirmed(clinic_page)
    confirm(clinic_page, f" {digits()} ", address="ana@EXAMPLE.net")
    assert is_confirmed(clinic_page)
    assert not is_confirmed(clinic_page, key="another-form")
    assert not is_confirmed(clinic_page, address="ben@example.net")
    assert not is_confirmed(clinic_page, now=NOW + mail_codes.TRUSTED_FOR)


def test_neither_address_nor_code_is_stored_readably(clinic_page: BookingPage) -> None:
    ask(clinic_page)
    stored = " ".join(map(str, MailCode.objects.values_list().get()))
    assert "ana" not in stored.lower()
    assert digits().replace(" ", "") not in stored


def test_after_five_wrong_tries_the_right_one_counts_no_more(clinic_page: BookingPage) -> None:
    ask(clinic_page)
    right = digits()
    left = []
    for _ in range(4):
        with pytest.raises(WrongCode) as refused:
            confirm(clinic_page, wrong(right))
        left.append(refused.value.extra["triesLeft"])
    assert left == [4, 3, 2, 1]
    for typed in (wrong(right), right):
        with pytest.raises(CodeOver):
            confirm(clinic_page, typed)
    assert not is_confirmed(clinic_page)


def test_after_ten_minutes_it_is_over(clinic_page: BookingPage) -> None:
    ask(clinic_page)
    with pytest.raises(CodeOver):
        confirm(clinic_page, digits(), now=NOW + mail_codes.VALID_FOR)


def test_without_a_code_nothing_is_confirmed(clinic_page: BookingPage) -> None:
    with pytest.raises(CodeOver):
        confirm(clinic_page, "000000")


def test_asked_again_at_once_no_second_mail_goes_out(clinic_page: BookingPage) -> None:
    ask(clinic_page)
    ask(clinic_page, now=NOW + timedelta(seconds=59))
    assert Message.objects.filter(template="mailCode").count() == 1
    confirm(clinic_page, digits())


def test_a_new_code_replaces_the_old_one(clinic_page: BookingPage) -> None:
    ask(clinic_page)
    first = digits()
    ask(clinic_page, now=NOW + mail_codes.PAUSE)
    second = digits(other_than=first)
    if first != second:  # once in a million times they are the same
        with pytest.raises(WrongCode):
            confirm(clinic_page, first)
    confirm(clinic_page, second)
    assert is_confirmed(clinic_page)


def test_one_address_is_not_flooded_with_codes(clinic_page: BookingPage) -> None:
    for number in range(mail_codes.MOST_CODES):
        ask(clinic_page, key=f"form-{number}")
    with pytest.raises(TooManyTries):
        ask(clinic_page, key="one-more")
    ask(clinic_page, key="one-more", address="ben@example.net")


def test_old_codes_are_thrown_away(clinic_page: BookingPage) -> None:
    ask(clinic_page)
    ask(clinic_page, key="later", now=NOW + timedelta(days=2))
    assert MailCode.objects.count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_herd_has_no_more_tries_than_one() -> None:
    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    with scope(tenant=tenant):
        page = clinic(tenant)[0]
        ask(page)
        bad = wrong(digits())
    gate, outcome = threading.Barrier(20), []

    def guess() -> None:
        gate.wait()
        try:
            with scope(tenant=tenant):
                confirm(page, bad)
        except DomainError as refused:
            outcome.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with scope(tenant=tenant):
        assert MailCode.objects.get().tries == mail_codes.MOST_TRIES
    assert len(outcome) == 20
    assert outcome.count("wrongCode") <= 4
