"""The audit trail in words: what was done, to what, which values differ. What has no words here is shown as it is.

| an action such as         | reads                                                                                |
|---------------------------|--------------------------------------------------------------------------------------|
| `booking.created`         | its own words, from ACTIONS                                                          |
| `mailbox.changed`         | the model's name and the verb: what the admin writes for every model                 |
| anything else             | the name itself                                                                      |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from bookings.views.organisation.audit_actions import ACTIONS, VALUES
from tenants.models import AuditEvent

SOURCES: dict[str, Promise] = {
    "web": lazy("in the browser"),
    "page": lazy("on a booking page"),
    "api": lazy("through the API"),
    "admin": lazy("in the administration"),
    "mail": lazy("by a link in a mail"),
    "approval": lazy("by a link in a mail"),
    "offer": lazy("by an offered time"),
    "command": lazy("on the terminal"),
    "directory": lazy("in the directory"),
    "system": lazy("by itself"),
    "demo": lazy("by the demonstration"),
}
VERBS: dict[str, Promise] = {
    "added": lazy("%(thing)s added"),
    "changed": lazy("%(thing)s changed"),
    "removed": lazy("%(thing)s removed"),
}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Change:
    """One value, as it was and as it is; empty where there was or is none."""

    name: str
    before: str
    after: str


def action(code: str) -> str:
    """What was done, such as "Booking cancelled"."""
    if code in ACTIONS:
        return str(ACTIONS[code])
    thing, _dot, verb = code.partition(".")
    model = _model(thing)
    if model is not None and verb in VERBS:
        return str(VERBS[verb]) % {"thing": capfirst(str(model._meta.verbose_name))}
    return code


def source(code: str) -> str:
    """The way in, such as "in the browser"."""
    return str(SOURCES.get(code, code))


def sentence(event: AuditEvent) -> str:
    """The event in one sentence."""
    at = event.at.astimezone(UTC)
    words = {
        "what": action(event.action), "target": event.target, "who": event.actor, "how": source(event.source),
        "date": date_format(at, _("j F Y")), "time": at.strftime("%H:%M:%S"),
    }  # fmt: skip
    if event.actor_kind == AuditEvent.ActorKind.SYSTEM:
        return _("%(what)s: %(target)s. Done by %(who)s itself on %(date)s at %(time)s UTC.") % words
    return _("%(what)s: %(target)s. Done by %(who)s %(how)s on %(date)s at %(time)s UTC.") % words


def differences(event: AuditEvent) -> list[Change]:
    """Every value that the event tells of, by name."""
    model = _model(event.target_kind)
    names = list(dict.fromkeys([*event.before, *event.after]))
    return [
        Change(_name(model, key), _value(model, key, event.before.get(key)), _value(model, key, event.after.get(key)))
        for key in names
    ]


def _model(name: str) -> type[models.Model] | None:
    found = (model for model in apps.get_models() if model._meta.model_name == name.lower())
    return next((model for model in found if model._meta.app_label in ("tenants", "rooms", "bookings")), None)


def _field(model: type[models.Model] | None, key: str) -> Any:
    """The field that a name stands for, in a model's spelling or in the API's."""
    spelled = _CAMEL.sub("_", key).lower()
    fields = model._meta.concrete_fields if model else ()
    return next((field for field in fields if field.name == spelled or field.attname == spelled), None)


def _name(model: type[models.Model] | None, key: str) -> str:
    if key in VALUES:
        return capfirst(str(VALUES[key]))
    field = _field(model, key)
    return capfirst(str(field.verbose_name) if field else _CAMEL.sub(" ", key).lower())


def _value(model: type[models.Model] | None, key: str, value: Any) -> str:
    if isinstance(value, bool) or value in ("True", "False"):
        return _("yes") if value in (True, "True") else _("no")
    if isinstance(value, dict):
        return "; ".join(f"{capfirst(name)}: {_value(None, name, inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return "; ".join(_value(None, key, inner) for inner in value)
    text = "" if value is None else str(value)
    choices = dict(getattr(_field(model, key), "flatchoices", ()))
    return str(choices[text]) if text in choices else _instant(text) if _INSTANT.match(text) else text


def _instant(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    words = date_format(at.astimezone(UTC) if at.tzinfo else at, _("j F Y, H:i"))
    return _("%(instant)s UTC") % {"instant": words} if at.tzinfo else words
