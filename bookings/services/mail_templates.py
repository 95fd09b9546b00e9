"""An organisation's own words in its mails: checked, kept, looked at and tried out before they reach anybody."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from bookings.models import MailTemplate
from bookings.notifications import own_words, samples
from bookings.notifications.catalogue import Kind
from tenants import letters, mail, ratelimit
from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.models import Tenant, User
from tenants.services import audit

#: Tests that one person may have sent to themself.
TESTS = 20
_PERIOD = timedelta(hours=1)


def find(*, tenant: Tenant, kind: Kind, language: str) -> MailTemplate | None:
    """The organisation's own words for this mail, if it has any."""
    rows = MailTemplate.objects.filter(tenant=tenant, template=kind.template, reader=kind.reader, language=language)
    return rows.first()


def save(
    *, tenant: Tenant, kind: Kind, language: str, subject: str, text: str, now: datetime, actor: Actor
) -> MailTemplate | None:  # fmt: skip
    """Keeps these words. What equals ours, or is empty, stays ours; nothing left of one's own: None.

    Raises InvalidInput by field for placeholders that this mail does not know.
    """
    subject, text = cleaned(kind, subject, text)
    ours = samples.standard(kind, tenant=tenant, language=language, now=now)
    subject, text = ("" if own == standard else own for own, standard in zip((subject, text), ours, strict=True))
    if not subject and not text:
        reset(tenant=tenant, kind=kind, language=language, now=now, actor=actor)
        return None
    before = find(tenant=tenant, kind=kind, language=language)
    with transaction.atomic():
        row, _created = MailTemplate.objects.update_or_create(
            tenant=tenant, template=kind.template, reader=kind.reader, language=language,
            defaults={"subject": subject, "text": text},
        )  # fmt: skip
        audit.record(
            tenant=tenant, actor=actor, action="mailTemplate.changed", target=row, now=now,
            before={"subject": before.subject, "text": before.text} if before else {},
            after={"subject": subject, "text": text},
        )  # fmt: skip
    return row


def reset(*, tenant: Tenant, kind: Kind, language: str, now: datetime, actor: Actor) -> None:
    """Back to our words; again changes nothing."""
    with transaction.atomic():
        row = find(tenant=tenant, kind=kind, language=language)
        if row is not None:
            audit.record(
                tenant=tenant, actor=actor, action="mailTemplate.reset", target=row, now=now,
                before={"subject": row.subject, "text": row.text},
            )  # fmt: skip
            row.delete()


def cleaned(kind: Kind, subject: str, text: str) -> tuple[str, str]:
    """The words as they are kept. Raises InvalidInput by field."""
    subject, text = letters.one_line(subject), letters.plain(text).strip()
    errors = {}
    for name, words, most in (("subject", subject, 200), ("text", text, 4000)):
        wrong = own_words.problem(words, kind.placeholders)
        if len(words) > most:
            wrong = _("Please use at most %(most)d characters.") % {"most": most}
        if wrong:
            errors[name] = [wrong]
    if errors:
        raise InvalidInput(errors)
    return subject, text


def preview(
    *, tenant: Tenant, kind: Kind, language: str, subject: str, text: str, now: datetime
) -> tuple[str, str, str]:  # fmt: skip
    """Subject, plain text and HTML of a made-up mail in these words; an empty one stays ours. Raises InvalidInput."""
    subject, text = cleaned(kind, subject, text)
    made, facts = samples.letter(kind, tenant=tenant, language=language, now=now)
    with translation.override(language):
        made = own_words.put_on(made, subject=subject, text=text, facts=facts)
        plain, html = letters.render(made, tenant=tenant)
    return made.subject, plain, html


def send_test(
    *, tenant: Tenant, kind: Kind, language: str, subject: str, text: str, to: User, now: datetime
) -> None:  # fmt: skip
    """Mails the made-up mail in these words to `to`, and to nobody else. Raises InvalidInput, TooManyTries."""
    subject, plain, html = preview(tenant=tenant, kind=kind, language=language, subject=subject, text=text, now=now)
    ratelimit.hit(what="mail-test", who=str(to.pk), limit=TESTS, period=_PERIOD)
    with transaction.atomic():
        message = mail.store(
            tenant=tenant, dedupe_key=f"mail:test:{uuid.uuid4()}", template="test", to=to.email,
            to_name=to.get_full_name(), from_name=tenant.name, subject=_("Test: %(subject)s") % {"subject": subject},
            text=plain, html=html,
        )  # fmt: skip
        mail.post(message, now=now)
