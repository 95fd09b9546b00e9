"""Sends a private link to whom it is for: the outbox's `mail.privateLink`."""

from __future__ import annotations

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from bookings.models import PrivateLink
from bookings.notifications import when
from tenants import letters, mail, outbox
from tenants.fields import UNREADABLE
from tenants.letters import Action, Letter, Row
from tenants.models import Job


@outbox.handles("mail.privateLink")
def send_private_link(job: Job, now: datetime) -> None:
    """Mails the link, while it still works. Raises `RetryLater` and `Park`."""
    links = PrivateLink.objects.select_related("service__page__tenant", "tenant")
    link = links.filter(pk=job.payload["link"]).first()
    if link is None or not link.email or not link.is_usable(now):
        return
    if link.token == UNREADABLE:
        raise mail.unreadable("The private link cannot be decrypted.")
    page = link.service.page
    with translation.override(page.language):
        letter = written(link)
        text, html = letters.render(letter, tenant=link.tenant, accent=page.accent)
    message = mail.store(
        tenant=link.tenant, dedupe_key=job.dedupe_key, template="privateLink", to=link.email,
        from_name=page.display_name, reply_to=page.email, subject=letter.subject, text=text, html=html,
        about_id=link.pk,
    )  # fmt: skip
    mail.deliver(message, now)


def written(link: PrivateLink) -> Letter:
    """The mail in the active language. The label is its owner's own note and stays out of it."""
    service, page = link.service, link.service.page
    names = {"host": page.display_name, "title": service.title}
    rows = [Row(_("What"), service.title, strong=True)]
    if link.expires_at is not None:
        rows.append(Row(_("Until"), when.short(link.expires_at, page.time_zone), page.time_zone))
    once = [_("The link is for one booking.")] if link.max_uses == 1 else []
    return Letter(
        subject=_("Choose a time: %(title)s with %(host)s") % names,
        heading=_("Choose a time that suits you"),
        sender=page.display_name,
        preview=service.title,
        paragraphs=[_("Hello, %(host)s has sent you a link to book “%(title)s”.") % names],
        rows=rows,
        action=Action(_("Choose a time"), link.url),
        notes=[*once, _("Please keep the link to yourself: it opens this meeting for whoever has it.")],
        footer=_("You get this mail because %(host)s wants to meet you.") % names,
    )
