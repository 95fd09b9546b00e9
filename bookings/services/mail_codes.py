"""Six digits that show that a mail address is the visitor's own.

| the visitor …                    | then                                                                  |
|----------------------------------|-----------------------------------------------------------------------|
| sends the form                   | `ask`: a code goes to the address, valid for `VALID_FOR`              |
| sends it again within `PAUSE`    | nothing goes out: the code that was mailed still counts               |
| asks for another code later      | a new one, the old one no longer counts                               |
| types the code                   | `confirm`: the address counts as theirs for this form, `TRUSTED_FOR`  |
| types a wrong one `MOST_TRIES` times | that code is over, also for whoever knows it                      |

Address and code are stored as keyed hashes: whoever reads the table learns neither.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage, MailCode
from bookings.services import follow_up
from tenants import ratelimit
from tenants.errors import DomainError
from tenants.models import Tenant

DIGITS = 6
VALID_FOR = timedelta(minutes=10)
PAUSE = timedelta(minutes=1)
TRUSTED_FOR = timedelta(hours=1)
MOST_TRIES = 5
#: Codes that one address may be sent in an hour, whoever asks.
MOST_CODES = 6


class WrongCode(DomainError):
    """Not the digits that were mailed; `extra["triesLeft"]` says how often it may be tried again."""

    code = "wrongCode"
    status = 422
    detail = _("These are not the digits from the mail. Please check them.")


class CodeOver(DomainError):
    """The code expired, was tried too often, or none was sent: a new one is needed."""

    code = "codeOver"
    status = 422
    detail = _("This code counts no longer. Please ask for a new one.")


def is_confirmed(*, tenant: Tenant, request_key: str, address: str, now: datetime) -> bool:
    """Whether the form `request_key` has shown that `address` is its visitor's."""
    return _of(tenant, request_key, address).filter(confirmed_at__gt=now - TRUSTED_FOR).exists()


def ask(
    *, page: BookingPage, request_key: str, address: str, name: str, language: str, now: datetime
) -> MailCode:  # fmt: skip
    """Mails a code to `address` for the form `request_key`; again within a minute sends nothing.

    `request_key` is a random key that one visitor's form keeps until it is booked. Raises TooManyTries for an address
    that was sent too many.
    """
    tenant = page.tenant
    recent = _of(tenant, request_key, address).filter(created_at__gt=now - PAUSE, tries__lt=MOST_TRIES).first()
    if recent is not None and recent.expires_at > now:
        return recent
    who = f"{tenant.pk}:{address.strip().lower()}"
    ratelimit.hit(what="mail-code", who=who, limit=MOST_CODES, period=timedelta(hours=1))
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    fresh = {
        "code_hash": _hash(tenant, request_key, address, digits), "tries": 0, "expires_at": now + VALID_FOR,
        "confirmed_at": None, "created_at": now,
    }  # fmt: skip
    with transaction.atomic():
        MailCode.objects.filter(tenant=tenant, created_at__lt=now - timedelta(days=1)).delete()
        code, _made = MailCode.objects.update_or_create(
            tenant=tenant, request_key=request_key, email_hash=_hash(tenant, "", address), defaults=fresh
        )
        follow_up.mail_code(
            code, address=address, name=name, digits=digits, page=page, language=language, now=now
        )  # fmt: skip
    return code


def confirm(*, tenant: Tenant, request_key: str, address: str, digits: str, now: datetime) -> None:
    """Accepts the digits for `address` in the form `request_key`. Raises WrongCode, CodeOver.

    The try is counted before the digits are compared, by one conditional UPDATE: a herd has no more tries than one.
    """
    codes = _of(tenant, request_key, address)
    counted = codes.filter(tries__lt=MOST_TRIES, expires_at__gt=now).update(tries=F("tries") + 1)
    code = codes.first()
    if not counted or code is None:
        raise CodeOver
    typed = "".join(digits.split())
    if constant_time_compare(code.code_hash, _hash(tenant, request_key, address, typed)):
        codes.filter(code_hash=code.code_hash).update(confirmed_at=now)
        return
    if code.tries >= MOST_TRIES:
        raise CodeOver
    raise WrongCode(triesLeft=MOST_TRIES - code.tries)


def of_address(*, tenant: Tenant, address: str) -> QuerySet[MailCode]:
    """Every code that was mailed to an address."""
    return MailCode.objects.filter(tenant=tenant, email_hash=_hash(tenant, "", address))


def _of(tenant: Tenant, request_key: str, address: str):  # type: ignore[no-untyped-def]
    return MailCode.objects.filter(tenant=tenant, request_key=request_key, email_hash=_hash(tenant, "", address))


def _hash(tenant: Tenant, request_key: str, address: str, digits: str = "") -> str:
    text = "\x00".join((str(tenant.pk), request_key, address.strip().lower(), digits))
    return salted_hmac("bookings.mail_codes", text, algorithm="sha256").hexdigest()
