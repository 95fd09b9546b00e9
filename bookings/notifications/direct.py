"""Mails that are written in the transaction that wants them, because what they say is kept nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import translation

from bookings.models import BookingPage, MailCode
from bookings.notifications import own_words, visitors
from tenants import letters, mail
from tenants.models import Tenant


def mail_code(
    code: MailCode, *, address: str, name: str, digits: str, page: BookingPage, language: str, now: datetime
) -> None:
    """The mail with the six digits; another code is another mail."""
    facts = {"customer": name, "page": page.display_name, "code": digits}
    with translation.override(language):
        letter = own_words.dress(
            visitors.code_letter(page, name=name, digits=digits),
            tenant=page.tenant, template="mailCode", reader="customer", language=language, facts=facts,
        )  # fmt: skip
        text, html = letters.render(letter, tenant=page.tenant, accent=page.accent)
    message = mail.store(
        tenant=page.tenant, dedupe_key=f"mail:mailCode:{code.pk}:{now.timestamp()}", template="mailCode", to=address,
        to_name=name, from_name=page.display_name, subject=letter.subject, text=text, html=html, about_id=page.pk,
    )  # fmt: skip
    mail.post(message, now=now)


def digest(
    *, tenant: Tenant, to: str, to_name: str, language: str, subject: str, key: str, now: datetime, intro: str,
    rows: Sequence[tuple[str, str]], sender: str,
) -> None:  # fmt: skip
    """One mail in place of many; the same `key` again is the same mail."""
    with translation.override(language):
        letter = visitors.digest_letter(subject=subject, sender=sender or tenant.name, intro=intro, rows=rows)
        text, html = letters.render(letter, tenant=tenant)
    message = mail.store(
        tenant=tenant, dedupe_key=f"mail:digest:{key}"[:200], template="digest", to=to, to_name=to_name,
        from_name=sender or tenant.name, subject=letter.subject, text=text, html=html,
    )  # fmt: skip
    mail.post(message, now=now)
