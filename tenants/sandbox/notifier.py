"""Telling subscribers what changed (Graph: change-notifications-delivery-webhooks, -lifecycle-events).

| in one moment, in one mailbox | a person is told of it as   | a room as (docs issue #5469)      |
|-------------------------------|-----------------------------|-----------------------------------|
| an item appears               | created                     | created, and three times updated  |
| an item changes               | updated                     | three times updated               |
| an item goes                  | deleted                     | deleted, and twice updated        |

Words go out after the commit, from one thread of this process, so that neither a transaction nor the only thread of
a small server ever waits for who is told. What is not accepted is tried again a few times, then dropped. A fault on
`/notifications/<address>` loses them, as Microsoft sometimes does.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

import requests
from django.db import transaction
from django.utils import timezone

from . import identifiers, times
from .models import Event, Fault, MailboxKind, Subscription

log = logging.getLogger(__name__)

TIMEOUT = (3, 10)
TRIES, PAUSE_SECONDS = 3, 0.5
#: So long the thread listens for more of the same moment before it speaks.
MOMENT_SECONDS = 0.05
ROOMS: dict[str, tuple[str, ...]] = {
    "created": ("created", "updated", "updated", "updated"),
    "updated": ("updated", "updated", "updated"),
    "deleted": ("deleted", "updated", "updated"),
}


@dataclass(frozen=True)
class Word:
    """One thing to tell one subscriber. Holds everything, so that telling needs no database."""

    url: str
    body: dict[str, Any]
    #: Of which item, and what happened to it; words about the same in one moment are one.
    item: str = ""
    kind: str = ""
    #: What the subscriber wants to hear of.
    wanted: tuple[str, ...] = ()
    is_room: bool = False


_words: queue.Queue[Word] = queue.Queue()
_starting = threading.Lock()
_thread: threading.Thread | None = None


def changed(event: Event, kind: str) -> None:
    """Tells the subscribers of the event's mailbox after the commit; `kind` is created, updated or deleted."""
    key = identifiers.ItemId(event.mailbox_id, event.item, event.occurrence_on)
    transaction.on_commit(lambda: _tell(key, kind), robust=True)


def _tell(key: identifiers.ItemId, kind: str) -> None:
    told = Subscription.objects.filter(mailbox=key.mailbox, expires_at__gt=timezone.now())
    for one in told.select_related("mailbox__organisation"):
        if not _is_lost(one.mailbox.address):
            is_room = one.mailbox.mailbox == MailboxKind.ROOM
            item = identifiers.encode(key, immutable=one.immutable)
            wanted = tuple(one.change_type.split(","))
            say(Word(one.notification_url, _about(one) | _item(one, item), item, kind, wanted, is_room))


def lifecycle(subscription: Subscription, event: str) -> None:
    """Tells a subscriber `reauthorizationRequired`, `subscriptionRemoved` or `missed`."""
    if subscription.lifecycle_url:
        say(Word(subscription.lifecycle_url, _about(subscription) | {"lifecycleEvent": event}))


def _is_lost(address: str) -> bool:
    path = f"/notifications/{address}".lower()
    faults = Fault.objects.pending().filter(method="NOTIFY")
    return any(fnmatch(path, fault.path.lower()) and fault.take() for fault in faults)


def _about(subscription: Subscription) -> dict[str, Any]:
    return {
        "subscriptionId": str(subscription.pk),
        "subscriptionExpirationDateTime": times.stamp(subscription.expires_at),
        "clientState": subscription.client_state or None,
        "tenantId": str(subscription.mailbox.organisation.directory_id),
    }


def _item(subscription: Subscription, item: str) -> dict[str, Any]:
    path = f"Users/{subscription.mailbox_id}/Events/{item}"
    return {
        "resource": path,
        "resourceData": {"@odata.type": "#Microsoft.Graph.Event", "@odata.id": path, "id": item},
    }


def say(word: Word) -> None:
    """Has the thread tell it."""
    global _thread
    with _starting:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_speak, name="sandbox-notifier", daemon=True)
            _thread.start()
    _words.put(word)


def settle() -> None:
    """Waits until everything has been told that was to be; for tests."""
    _words.join()


def _speak() -> None:
    while True:
        moment = [_words.get()]
        time.sleep(MOMENT_SECONDS)
        while not _words.empty():
            moment.append(_words.get_nowait())
        try:
            for url, values in collected(moment).items():
                _post(url, {"value": values})
        except Exception:
            log.exception("a notification of the sandbox failed")
        finally:
            for _ in moment:
                _words.task_done()


def collected(moment: list[Word]) -> dict[str, list[dict[str, Any]]]:
    """What goes to each address: of each item what became of it in the end, and a room's echoes."""
    by_item: dict[tuple[str, str], list[Word]] = {}
    told: dict[str, list[dict[str, Any]]] = {}
    for word in moment:
        if word.kind:
            by_item.setdefault((word.url, word.item), []).append(word)
        else:
            told.setdefault(word.url, []).append(word.body)
    for (url, _item_id), words in by_item.items():
        for kind in _outcomes([word.kind for word in words], is_room=words[0].is_room):
            if kind in words[0].wanted:
                told.setdefault(url, []).append(words[0].body | {"changeType": kind})
    return told


def _outcomes(kinds: list[str], *, is_room: bool) -> list[str]:
    """`created` swallows what was changed at once; an item that came and went is told of twice."""
    found: list[str] = [kind for kind in ("created", "deleted") if kind in kinds] or ["updated"]
    return [one for kind in found for one in (ROOMS[kind] if is_room else (kind,))]


def _post(url: str, body: dict[str, Any]) -> None:
    for attempt in range(TRIES):
        try:
            if requests.post(url, json=body, timeout=TIMEOUT).status_code < 300:
                return
        except requests.RequestException:
            log.info("a subscriber of the sandbox did not answer")
        if attempt + 1 < TRIES:
            time.sleep(PAUSE_SECONDS)


def shakes_hands(url: str, token: str) -> bool:
    """Whether the address gives the word back as it should, within ten seconds."""
    try:
        answer = requests.post(
            url, params={"validationToken": token}, headers={"Content-Type": "text/plain; charset=utf-8"},
            timeout=TIMEOUT, allow_redirects=False,
        )  # fmt: skip
    except requests.RequestException:
        return False
    is_text = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "text/plain"
    return answer.status_code == 200 and is_text and answer.text == token
