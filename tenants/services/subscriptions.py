"""Keeps Microsoft telling us of changes in every calendar that is needed; `graph_notifications` hears what it tells.

| the mailbox                              | its subscription                                                          |
|------------------------------------------|---------------------------------------------------------------------------|
| is read for busy times (`busy_times`)    | is made, and renewed when half of its life is over                        |
| … and Microsoft knows it no longer       | is made anew, and the calendar read for what was missed meanwhile         |
| … and Microsoft refuses it for good      | FAILED, with what to do; tried again every hour                           |
| … and the connection is broken           | stays as it is until the connection is mended                             |
| is needed no longer                      | is taken away, there and here                                             |
| belongs to a connection that was removed | is gone here at once: what Microsoft still sends is not known; where the  |
|                                          | organisation connects again, what is left there makes room for a new one  |

The regular reads go on without any of this: a lost notification costs minutes, never a change. A row in the state
WANTED with Microsoft's id is to be renewed, one without to be made.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import DateTimeField, Exists, F, OuterRef, QuerySet, Value
from django_scopes import scope, scopes_disabled

from tenants import links, outbox
from tenants.acting import Actor
from tenants.fields import UNREADABLE
from tenants.microsoft365 import deliver, errors, http
from tenants.microsoft365 import subscriptions as graph
from tenants.microsoft365.http import GraphClient
from tenants.models import Connection, Job, Mailbox, Subscription, Tenant
from tenants.outbox import Park, RetryLater, Wish
from tenants.services import audit, busy_times

#: How many mailboxes one sweep takes on: each has Microsoft call us twice.
SHARE = 200
State = Subscription.State


def keep_due(now: datetime) -> int:
    """Wishes for what is due in all organisations: to make, to renew, to take away. Returns how many."""
    with scopes_disabled():
        connected = Connection.objects.filter(tenant=OuterRef("tenant"), is_active=True)
        Subscription.objects.filter(~Exists(connected)).delete()
        due = [*_needed(now).select_related("tenant")[:SHARE], *_useless().select_related("tenant")[:SHARE]]
    return ask(due, now)


def retry_failed(now: datetime) -> int:
    """Wishes that those which Microsoft refused are tried again. Returns how many."""
    with scopes_disabled():
        failed = list(busy_times.kept().filter(subscription__state=State.FAILED).select_related("tenant")[:SHARE])
    return ask(failed, now)


def compare_all(now: datetime) -> int:
    """Wishes that every organisation's subscriptions are compared with Microsoft's list. Returns how many."""
    if graph.problem():
        return 0
    with scopes_disabled():
        working = Connection.objects.filter(is_active=True).exclude(state=Connection.State.BROKEN)
        tenants = list(Tenant.objects.filter(pk__in=working.values("tenant")))
    for tenant in tenants:
        with scope(tenant=tenant):
            wish = Wish(kind="subscription.compare", dedupe_key=f"subscriptions:{tenant.pk}")
            outbox.ensure(tenant=tenant, wish=wish, now=now)
    return len(tenants)


def _needed(now: datetime) -> QuerySet[Mailbox]:
    """Mailboxes without a subscription, or whose subscription is wanted or in the second half of its life."""
    if graph.problem():
        return Mailbox.objects.none()
    moment = Value(now, output_field=DateTimeField())
    halfway = Subscription.objects.alias(left=F("expires_at") - moment, lived=moment - F("renewed_at"))
    good = halfway.filter(state=State.ACTIVE, left__gt=F("lived")) | halfway.filter(state=State.FAILED)
    return busy_times.kept().filter(~Exists(good.filter(mailbox=OuterRef("pk")))).order_by("pk")


def _useless() -> QuerySet[Mailbox]:
    """Mailboxes with a subscription that nobody needs, in organisations where it can be taken away."""
    working = Connection.objects.filter(tenant=OuterRef("tenant"), is_active=True).exclude(
        state=Connection.State.BROKEN
    )
    held = Mailbox.objects.filter(Exists(working), subscription__isnull=False).order_by("pk")
    return held if graph.problem() else held.exclude(pk__in=busy_times.kept().values("pk"))


def ask(mailboxes: Iterable[Mailbox], now: datetime) -> int:
    """Wishes that what these mailboxes' rows say is done. Returns how many."""
    wished = 0
    for mailbox in mailboxes:
        with scope(tenant=mailbox.tenant):
            wish = Wish(
                kind="subscription.keep", dedupe_key=f"subscription:{mailbox.pk}",
                payload={"mailbox": str(mailbox.pk)}, lane=f"mailbox:{mailbox.pk}",
            )  # fmt: skip
            outbox.ensure(tenant=mailbox.tenant, wish=wish, now=now)
        wished += 1
    return wished


def ask_renewal(row: Subscription, *, now: datetime, actor: Actor) -> None:
    """Has the worker renew one now, however much of its life is left."""
    with transaction.atomic():
        ask([row.mailbox], now)
        audit.record(
            tenant=row.tenant, actor=actor, action="subscription.renewalAsked", target=row, now=now,
            label=row.mailbox.address,
        )  # fmt: skip


@outbox.handles("subscription.keep")
def keep(job: Job, now: datetime) -> None:
    """Makes, renews or takes away what one mailbox's row says. Raises RetryLater, and Park for the connection's sake.

    What Microsoft refuses for another reason stands on the row: the calendar is read regularly all the same.
    """
    mailbox = Mailbox.objects.select_related("tenant").filter(pk=job.payload["mailbox"]).first()
    connection = Connection.objects.filter(is_active=True).exclude(state=Connection.State.BROKEN).first()
    if mailbox is None or connection is None:
        return
    client = http.GraphClient(connection)
    row = Subscription.objects.filter(mailbox=mailbox).first()
    is_needed = not graph.problem() and busy_times.kept().filter(pk=mailbox.pk).exists()
    try:
        with deliver.decided(job.tenant):
            if is_needed:
                _keep(client, row or _new(mailbox), mailbox, now)
            elif row is not None:
                _let_go(client, row)
    except RetryLater as later:
        Subscription.objects.filter(mailbox=mailbox).update(last_error=str(later)[:500])
        raise
    except Park as park:
        Subscription.objects.filter(mailbox=mailbox).update(
            state=State.FAILED, last_error=str(park)[:500], remedy=park.remedy[:500]
        )
        if park.waits_for:
            raise


def _new(mailbox: Mailbox) -> Subscription:
    return Subscription.objects.create(
        tenant=mailbox.tenant, mailbox=mailbox, token_hash=links.hash_token(links.new_token()), client_state=""
    )


def _keep(client: GraphClient, row: Subscription, mailbox: Mailbox, now: datetime) -> None:
    if not row.subscription_id or row.client_state == UNREADABLE:
        return _make(client, row, mailbox, now)
    try:
        remote = graph.renew(client, row.subscription_id, now=now)
    except errors.NotThere:
        return _make(client, row, mailbox, now)
    _active(row, remote, now)


def _make(client: GraphClient, row: Subscription, mailbox: Mailbox, now: datetime) -> None:
    """A new subscription under a new address; what changed while there was none is read."""
    token, state = links.new_token(), secrets.token_urlsafe(32)
    # Before Microsoft is asked: what it tells at once has to be known.
    row.token_hash, row.client_state, row.subscription_id, row.state = links.hash_token(token), state, "", State.WANTED
    row.save(update_fields=["token_hash", "client_state", "subscription_id", "state"])
    try:
        remote = graph.create(client, mailbox.graph_id, token=token, client_state=state, now=now)
    except errors.Conflict:
        if not _clear(client, mailbox):
            raise
        remote = graph.create(client, mailbox.graph_id, token=token, client_state=state, now=now)
    _active(row, remote, now)
    busy_times.request_pull(mailbox, now=now)


def _clear(client: GraphClient, mailbox: Mailbox) -> int:
    """Removes our subscriptions to this mailbox that a run left behind which died before it knew their ids."""
    same = [
        one for one in list(graph.everything(client))
        if graph.is_ours(one) and mailbox.graph_id.lower() in one.resource.lower()
    ]  # fmt: skip
    for one in same:
        graph.remove(client, one.id)
    return len(same)


def _active(row: Subscription, remote: graph.RemoteSubscription, now: datetime) -> None:
    Subscription.objects.filter(pk=row.pk).update(
        subscription_id=remote.id, state=State.ACTIVE, expires_at=remote.expires_at, renewed_at=now, last_error="",
        remedy="",
    )  # fmt: skip


def _let_go(client: GraphClient, row: Subscription) -> None:
    """Takes it away. Where Microsoft refuses, it ends there by itself: its address is not known here any more."""
    if row.subscription_id:
        with suppress(errors.AccessDenied, errors.Refused, errors.NoMailbox):
            graph.remove(client, row.subscription_id)
    row.delete()


@outbox.handles("subscription.compare")
def compare(job: Job, now: datetime) -> None:
    """Removes what Microsoft has of ours and nobody knows; has made anew what it has no longer, or elsewhere."""
    with deliver.decided(job.tenant):
        client = http.client_for(job.tenant)
        remote = {one.id: one for one in graph.everything(client)}
        # Read afterwards: an address is stored before Microsoft hears of it, so what is not known now is nobody's.
        known = set(Subscription.objects.values_list("token_hash", flat=True))
        for one in remote.values():
            if graph.is_ours(one) and links.hash_token(graph.token_of(one)) not in known:
                graph.remove(client, one.id)
        rows = Subscription.objects.filter(state=State.ACTIVE, renewed_at__lt=now)
        lost = [row for row in rows.select_related("mailbox__tenant") if not _is_good(row, remote)]
        for row in lost:
            if row.subscription_id in remote:
                graph.remove(client, row.subscription_id)
    for row in lost:
        want_anew(row, now)


def _is_good(row: Subscription, remote: Mapping[str, graph.RemoteSubscription]) -> bool:
    return row.subscription_id in remote and graph.is_ours(remote[row.subscription_id])


def want_anew(row: Subscription, now: datetime) -> None:
    """Has it made anew, unless that was wished for already."""
    same = Subscription.objects.filter(pk=row.pk, subscription_id=row.subscription_id).exclude(subscription_id="")
    if same.update(subscription_id="", state=State.WANTED):
        ask([row.mailbox], now)
