"""The one place that turns Microsoft's refusals into the outbox's decisions.

| error                                     | decision                                                              |
|-------------------------------------------|-----------------------------------------------------------------------|
| Throttled                                 | later: when Microsoft says, else after the usual back-off             |
| Unreachable, Unavailable, Conflict, Gone  | later, after the usual back-off                                       |
| SignInFailed and its kinds                | the connection is marked broken; parked until it is saved or tested   |
| AccessDenied                              | parked until …; and the connection is tested, to show what it lacks   |
| NotConnected                              | parked until there is a connection                                    |
| NoMailbox, NotThere, Refused, …           | parked until a person has looked at it                                |

A connection that passes its tests resumes what waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from tenants import outbox
from tenants.microsoft365 import credentials, errors
from tenants.models import Connection, Tenant
from tenants.outbox import Park, RetryLater

#: What parked jobs wait for; see `outbox.resume`.
CONNECTION = "connection"
#: The kind of job that tests a connection (`tenants.services.connections`).
TEST = "connection.test"
#: A refusal has the connection tested when its last test is so old: a test that passes resumes what was refused.
TESTED_LATELY = timedelta(hours=1)


@contextmanager
def decided(tenant: Tenant) -> Iterator[None]:
    """Around whatever asks Microsoft in a job: raises RetryLater or Park instead of MicrosoftError."""
    used = _fingerprint(tenant)
    try:
        yield
    except errors.Throttled as error:
        raise RetryLater(str(error), after=error.retry_after) from error
    except (errors.Unreachable, errors.Unavailable, errors.Conflict, errors.Gone) as error:
        raise RetryLater(str(error)) from error
    except errors.SignInFailed as error:
        if _fingerprint(tenant) != used:  # renewed while we tried
            raise RetryLater(str(error)) from error
        mark_broken(tenant, error)
        raise Park(str(error), remedy=error.remedy, waits_for=CONNECTION) from error
    except (errors.AccessDenied, errors.NotConnected) as error:
        _wonder(tenant)
        raise Park(str(error), remedy=error.remedy, waits_for=CONNECTION) from error
    except errors.MicrosoftError as error:
        remedy = error.remedy or str(errors.Refused.default_remedy)
        raise Park(str(error), remedy=remedy) from error


def mark_broken(tenant: Tenant, error: errors.MicrosoftError) -> None:
    """Shows on the connection why it does not work and what to do."""
    Connection.objects.filter(tenant=tenant, is_active=True).update(
        state=Connection.State.BROKEN, last_error=str(error)[:500], remedy=error.remedy[:500]
    )


def testing(connection: Connection) -> outbox.Wish:
    """The wish that a connection is tested."""
    return outbox.Wish(
        kind=TEST, dedupe_key=f"connection-test:{connection.pk}", payload={"connection": str(connection.pk)}
    )


def _wonder(tenant: Tenant) -> None:
    """Has the connection tested, unless that was done lately or shows already what is wrong."""
    now = timezone.now()
    old = Q(tested_at=None) | Q(tested_at__lt=now - TESTED_LATELY)
    working = Connection.objects.filter(old, tenant=tenant, is_active=True).exclude(state=Connection.State.BROKEN)
    for connection in working:
        outbox.ensure(tenant=tenant, wish=testing(connection), now=now)


def _fingerprint(tenant: Tenant) -> str:
    connection = Connection.objects.filter(tenant=tenant, is_active=True).first()
    return credentials.fingerprint(connection) if connection else ""
