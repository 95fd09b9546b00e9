"""Admin consent by link: an administrator of the directory grants what the app asks for, and comes back (S2.18).

| Microsoft sends back                        | what happens                                                     |
|---------------------------------------------|------------------------------------------------------------------|
| a state that this session did not begin     | refused: somebody else's consent, or used before                 |
| an error                                    | told in words, nothing changes                                   |
| another directory than the connection's     | refused                                                          |
| the connection's directory                  | believed when a token of it says the same; then all is tested    |

What comes back in an address anybody could write: only a token that Microsoft issues for our secret names the
directory for sure (Graph: auth-v2-service).
"""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from tenants import outbox
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.microsoft365 import credentials, errors, permissions
from tenants.models import Connection, Job
from tenants.services import audit, connection_trials, connection_values

KIND = "connection.consent"
#: A permission that was just granted may be missing in tokens for a moment: so often and so long it is waited for.
MOST_TRIES, WAIT = 4, timedelta(seconds=15)


class ConsentRefused(DomainError):
    """Microsoft sent an administrator back without consent."""

    code = "consentRefused"
    detail = _(
        "Consent was not given. Sign in as an administrator of the directory and choose Accept; nothing has changed."
    )


class ConsentNotFinished(DomainError):
    """The consent was not begun in this session, or took too long, or was used before."""

    code = "consentNotFinished"
    detail = _("This consent was not begun here, or has been used. Begin again with “Grant admin consent” below.")


class ConsentElsewhere(DomainError):
    """Consent was given in another directory."""

    code = "consentElsewhere"
    detail = _(
        "Consent was given in another directory than the one that is entered here. Sign in at Microsoft with an "
        "account of this organisation, or correct the directory ID."
    )


#: Microsoft's numbers with a sentence of their own (Entra: reference-error-codes).
REASONS = {
    "AADSTS65004": ConsentRefused.detail,
    "AADSTS90094": _("This account may not give consent. Sign in as a Global or Privileged Role Administrator."),
    "AADSTS90093": _("This account may not give consent. Sign in as a Global or Privileged Role Administrator."),
    "AADSTS700016": errors.AppUnknown.default_remedy,
    "AADSTS500113": _("The app registration has no callback address. Add both of step 1 on the platform Web."),
}


def address(connection: Connection, *, redirect_uri: str, state: str = "") -> str:
    """Where consent is given (Entra: v2-admin-consent). Without `state`: a link to pass on, with no way back."""
    query = {"client_id": connection.client_id}
    if state:
        query |= {"state": state, "redirect_uri": redirect_uri}
    base = f"{credentials.cloud_of(connection).login}/{connection.directory_id}"
    return f"{base}/adminconsent?{urlencode(query)}"


def refusal(error: str, description: str) -> ConsentRefused:
    """What an administrator who came back with an error is told."""
    number = next((number for number in REASONS if number in description), "")
    if number or error in ("access_denied", "permission_denied", "consent_required"):
        return ConsentRefused(REASONS.get(number))
    return ConsentRefused(_("Microsoft says: %(reason)s") % {"reason": (description or error)[:300]})


def returned(*, connection: Connection, directory_id: str, now: datetime, actor: Actor) -> None:
    """Has the worker believe, or not, that the directory's administrator consented. Raises ConsentElsewhere."""
    if not connection_values.is_guid(directory_id):
        raise ConsentElsewhere
    if connection_values.is_guid(connection.directory_id) and not _same(directory_id, connection.directory_id):
        raise ConsentElsewhere
    payload = {"connection": str(connection.pk), "directory": directory_id, "by": actor.label}
    wish = outbox.Wish(kind=KIND, dedupe_key=f"consent:{uuid.uuid4()}", payload=payload)
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(test_asked_at=now, checks=[])
        outbox.write(tenant=connection.tenant, wishes=[wish], now=now)


def _same(one: str, other: object) -> bool:
    return one.lower() == str(other).lower()


@outbox.handles(KIND)
def handle(job: Job, now: datetime) -> None:
    """Asks for a token, writes down the consent where it names the directory, and tests everything."""
    connection = Connection.objects.select_related("tenant").filter(pk=job.payload["connection"]).first()
    if connection is None:
        return
    try:
        claims = credentials.claims(credentials.token(connection, fresh=True))
    except (errors.Unreachable, errors.Unavailable, errors.Throttled) as error:
        raise outbox.RetryLater(str(error)) from error
    except errors.SignInFailed:
        connection_trials.run(connection, now=now)  # which tells why
        return
    if not _same(job.payload["directory"], claims.get("tid")):
        _disbelieve(connection, now)
        return
    _believe(connection, by=job.payload["by"], now=now)
    failed = [check for check in connection_trials.run(connection, now=now) if check.is_needed and not check.ok]
    if failed and job.attempts < MOST_TRIES:
        raise outbox.RetryLater(failed[0].message, after=WAIT)


def _disbelieve(connection: Connection, now: datetime) -> None:
    check = permissions.Check("consent", False, gettext_noop("Consent was given in another directory."), str(
        ConsentElsewhere.detail))  # fmt: skip
    Connection.objects.filter(pk=connection.pk).update(checks=[asdict(check)], test_asked_at=None, tested_at=now)


def _believe(connection: Connection, *, by: str, now: datetime) -> None:
    if connection.consented_at is not None and now - connection.consented_at < timedelta(minutes=5):
        return  # one of the tries after this consent
    connection.consented_at, connection.consented_by = now, by
    with transaction.atomic():
        connection.save(update_fields=["consented_at", "consented_by"])
        audit.record(
            tenant=connection.tenant, actor=Actor(kind="person", label=by, source="web"), action="connection.consented",
            target=connection, now=now, label=connection.directory_id,
        )  # fmt: skip
