"""Who acts, for whom, in which request: what the audit trail and every log line carry.

The context variables are set at the edge (middleware, a task's start, a command) and read by logging and audit, so
that no service has to pass them on. `Actor` is what a service is told explicitly, because it decides.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
organisation_id: ContextVar[str] = ContextVar("organisation_id", default="")
actor_label: ContextVar[str] = ContextVar("actor_label", default="")
client_ip: ContextVar[str | None] = ContextVar("client_ip", default=None)


def bind(*, organisation: str | None = None, actor: str | None = None) -> None:
    """Names the organisation and the actor for the log lines of this request; ids only, no personal data."""
    if organisation is not None:
        organisation_id.set(organisation)
    if actor is not None:
        actor_label.set(actor)


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose hand it is: `kind` is one of AuditEvent.ActorKind, `label` what an auditor reads, `source` the way in."""

    kind: str
    label: str
    source: str


SYSTEM = Actor(kind="system", label="Daybook", source="system")


def person(user: Any, *, source: str = "web") -> Actor:
    """A person who is signed in."""
    return Actor(kind="person", label=user.email, source=source)


def visitor(email: str, *, source: str = "page") -> Actor:
    """Somebody from outside, known by the mail address they gave."""
    return Actor(kind="visitor", label=email, source=source)


def api_client(client: Any) -> Actor:
    """A program with an API key."""
    return Actor(kind="apiClient", label=client.name, source="api")
