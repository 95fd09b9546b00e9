"""Sign-in: what allauth asks of us."""

from __future__ import annotations

import re
import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.contrib.sites.shortcuts import get_current_site
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_scopes import scope

from tenants import acting, letters, mail
from tenants.letters import Action, Letter
from tenants.models import Tenant

#: What the button of a mail says, by allauth's name of the mail.
ACTIONS = {
    "account/email/email_confirmation": gettext_lazy("Confirm this address"),
    "account/email/email_confirmation_signup": gettext_lazy("Confirm this address"),
    "account/email/password_reset_key": gettext_lazy("Choose a new password"),
}
_LINK = re.compile(r"https?://\S+")


class AccountAdapter(DefaultAccountAdapter):
    """People come in by invitation of their organisation: nobody signs up by themselves."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def get_client_ip(self, request: Any) -> str:
        """Who asks, as every rate limit of ours counts: behind a proxy all sign-ins would share its address."""
        return acting.client_ip.get() or super().get_client_ip(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Leaves the mail to the worker, so that nobody waits for the mail server.

        Somebody outside every organisation (a site administrator) has no outbox to leave it in: it goes directly.
        """
        request = allauth_context.request
        context = {"request": request, "email": email, "current_site": get_current_site(request)} | context
        user = context.get("user")
        with translation.override(getattr(user, "language", None) or translation.get_language()):
            message = self.render_mail(template_prefix, email, context)
            # An address that somebody is about to take belongs to nobody yet: the person is known by the one they have.
            tenant = mail.tenant_of(email) or mail.tenant_of(getattr(user, "email", ""))
            if tenant is None:
                message.send()
            else:
                self._post(tenant, template_prefix, email, str(message.subject), str(message.body))

    def _post(self, tenant: Tenant, template: str, email: str, subject: str, body: str) -> None:
        text, html = letters.render(letter(template, subject, body), tenant=tenant)
        with scope(tenant=tenant), transaction.atomic():
            message = mail.store(
                tenant=tenant, dedupe_key=f"account:{uuid.uuid4()}", template=template, to=email, subject=subject,
                text=text, html=html,
            )  # fmt: skip
            mail.post(message, now=timezone.now())


def letter(template: str, subject: str, body: str) -> Letter:
    """allauth's text as one of our letters: a paragraph that is only a link becomes the button; what follows, notes."""
    paragraphs = [paragraph.strip() for paragraph in re.split(r"\n\s*\n", body) if paragraph.strip()]
    link = next(filter(_LINK.fullmatch, paragraphs), None)
    end = paragraphs.index(link) if link else len(paragraphs)
    return Letter(
        subject=subject, heading=subject, sender="Daybook",
        paragraphs=paragraphs[:end], notes=paragraphs[end + 1 :],
        action=Action(str(ACTIONS.get(template, _("Open"))), link) if link else None,
        footer=_("You get this mail because of your account."),
    )  # fmt: skip
