"""Getting things wrong on demand, and seeing what was asked: for tests, in Python, on the same database.

control.fail(path="*/events", method="POST", status=503, retry_after=2)
control.drop_after_store(path="*/events", method="POST")
assert control.requests(path="*/events") == []
"""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatch
from typing import Any

from django.db.models import F
from django.utils import timezone

from . import notifier
from .models import (
    AppRegistration,
    AppSecret,
    Change,
    DirectoryUser,
    Event,
    Fault,
    LoggedRequest,
    Organisation,
    SentInvitation,
    Subscription,
)


def fail(
    *,
    status: int,
    path: str = "*",
    method: str = "*",
    times: int = 1,
    retry_after: int | None = None,
    code: str = "",
    message: str = "",
    delay_seconds: float = 0,
    order: int = 0,
) -> Fault:
    """Refuse the next `times` requests before they do anything. `path` is a pattern such as `/v1.0/users/*/events*`."""
    return Fault.objects.create(
        path=path,
        method=method,
        status=status,
        remaining=times,
        retry_after=retry_after,
        code=code,
        message=message,
        delay_seconds=delay_seconds,
        order=order,
    )


def throttle(*, path: str = "/v1.0/*", method: str = "*", times: int = 1, retry_after: int = 1) -> Fault:
    """Answer 429 with Retry-After."""
    return fail(status=429, path=path, method=method, times=times, retry_after=retry_after)


def drop_after_store(*, path: str = "/v1.0/*", method: str = "POST", times: int = 1, order: int = 0) -> Fault:
    """Let the request take effect, then break the connection: the client cannot know."""
    return Fault.objects.create(path=path, method=method, effect="dropAfter", remaining=times, order=order)


def drop(*, path: str = "/v1.0/*", method: str = "*", times: int = 1, order: int = 0) -> Fault:
    """Break the connection before anything happens."""
    return Fault.objects.create(path=path, method=method, effect="drop", remaining=times, order=order)


def delay(*, seconds: float, path: str = "*", method: str = "*", times: int = 1, order: int = 0) -> Fault:
    """Be slow."""
    return Fault.objects.create(
        path=path, method=method, effect="delay", delay_seconds=seconds, remaining=times, order=order
    )


def lose_notifications(address: str, *, times: int = 1_000) -> Fault:
    """Say nothing of the next changes in a mailbox; `clear_faults` ends it."""
    return Fault.objects.create(path=f"/notifications/{address}", method="NOTIFY", remaining=times)


def subscriptions(address: str) -> list[Subscription]:
    """Who is told of changes in a mailbox, oldest first."""
    return list(Subscription.objects.filter(mailbox=_user(address)))


def lifecycle(address: str, event: str) -> None:
    """Tell the subscribers of a mailbox of `reauthorizationRequired`, `subscriptionRemoved` (it is) or `missed`."""
    for one in Subscription.objects.filter(mailbox=_user(address)).select_related("mailbox__organisation"):
        notifier.lifecycle(one, event)
        if event == "subscriptionRemoved":
            one.delete()


def settle() -> None:
    """Wait until every subscriber has been told."""
    notifier.settle()


def lose_sync_state(address: str) -> None:
    """Make every delta token of a mailbox unknown: 410 until the client starts again."""
    mailbox = _user(address)
    DirectoryUser.objects.filter(pk=mailbox.pk).update(sync_generation=F("sync_generation") + 1)


def expire_secrets(client_id: str) -> None:
    """Let all secrets of an application have expired a minute ago. Tokens already issued stay good."""
    expired = timezone.now() - timedelta(minutes=1)
    AppSecret.objects.filter(application__client_id=client_id).update(expires_at=expired)


def set_roles(client_id: str, roles: list[str]) -> None:
    """Grant exactly these application permissions; they show in new tokens only."""
    AppRegistration.objects.filter(client_id=client_id).update(roles=roles)


def restrict_mailboxes(client_id: str, addresses: list[str] | None) -> None:
    """An application access policy: only these mailboxes may be opened. None takes it away."""
    AppRegistration.objects.filter(client_id=client_id).update(mailboxes=addresses)


def limit_rate(domain: str, *, requests: int | None, seconds: int = 600) -> None:
    """Throttle per application and mailbox; None switches it off."""
    Organisation.objects.filter(domain=domain).update(throttle_requests=requests, throttle_seconds=seconds)


def requests(*, path: str = "*", method: str = "*", status: int | None = None) -> list[LoggedRequest]:
    """What was asked, oldest first."""
    rows = LoggedRequest.objects.all() if status is None else LoggedRequest.objects.filter(status=status)
    return [row for row in rows if fnmatch(row.path.lower(), path.lower()) and method in ("*", row.method)]


def invitations(*, to: str | None = None, kind: str | None = None) -> list[SentInvitation]:
    """Mails that Exchange would have sent, oldest first."""
    wanted: dict[str, Any] = {}
    if to is not None:
        wanted["to__iexact"] = to
    if kind is not None:
        wanted["kind"] = kind
    return list(SentInvitation.objects.filter(**wanted))


def events(address: str) -> list[Event]:
    """Everything stored in a mailbox's calendar, by start."""
    return list(Event.objects.filter(mailbox=_user(address)))


def clear_faults() -> None:
    """Let everything work again."""
    Fault.objects.all().delete()


def clear_requests() -> None:
    """Forget what was asked."""
    LoggedRequest.objects.all().delete()


def reset(*, directory: bool = False) -> None:
    """Empty calendars, subscriptions, mails, log and faults, lift the throttles; with `directory`, all people too."""
    for model in (Fault, LoggedRequest, SentInvitation, Subscription, Change, Event):
        model.objects.all().delete()
    DirectoryUser.objects.update(sync_generation=F("sync_generation") + 1)
    Organisation.objects.update(throttle_requests=None)
    if directory:
        Organisation.objects.all().delete()


def _user(address: str) -> DirectoryUser:
    user = DirectoryUser.objects.named(address)
    if user is None:
        raise LookupError(f"The sandbox has no {address}.")
    return user
