"""Mails to everybody who administers an organisation, each in their own language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from tenants import letters, mail
from tenants.letters import Letter
from tenants.models import ADMINISTRATORS, Membership, Tenant, User


def tell(*, tenant: Tenant, template: str, key: str, letter: Callable[[User], Letter], now: datetime) -> int:
    """Stores and posts one mail to each, in the running transaction. Returns how many; again with the same `key`: 0."""
    told = 0
    people = Membership.objects.filter(tenant=tenant, role__in=ADMINISTRATORS, user__is_active=True)
    for membership in people.select_related("user"):
        user = membership.user
        with translation.override(user.language):
            words = letter(user)
            text, html = letters.render(words, tenant=tenant)
        message = mail.store(
            tenant=tenant, dedupe_key=f"{template}:{key}:{user.pk}", template=template, to=user.email,
            to_name=user.name, subject=words.subject, text=text, html=html,
        )  # fmt: skip
        mail.post(message, now=now)
        told += 1
    return told


def footer(tenant: Tenant) -> str:
    """Why they get it, in the active language."""
    return _("You get this mail because you administer %(name)s.") % {"name": tenant.name}
