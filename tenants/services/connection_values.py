"""What is typed to connect Microsoft 365: the values of S3.8 checked by field, and the two places for secrets."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import date, datetime

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext_lazy as _

from tenants.errors import InvalidInput
from tenants.models import Connection, Tenant

#: Entra's longest life of a client secret (Entra: how-to-add-credentials, S3.3).
LONGEST_SECRET = relativedelta(years=2)
HOST_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)


def check(
    *, tenant: Tenant, client_id: str, directory_id: str, secret: str, expires_on: date, cloud: str, today: date
) -> None:
    """Raises InvalidInput by field."""
    form = _("This ID has the form 00000000-0000-0000-0000-000000000000.")
    is_directory = is_guid(directory_id) or HOST_NAME.fullmatch(directory_id)
    wrong = {
        "clientId": "" if is_guid(client_id) else form,
        "directoryId": directory_problem(tenant, directory_id) if is_directory else form,
        "clientSecret": secret_problem(secret),
        "secretExpiresOn": expiry_problem(expires_on, today),
        "cloud": "" if cloud in Connection.Cloud.values else _("Choose one of the clouds."),
    }
    refuse({name: [str(sentence)] for name, sentence in wrong.items() if sentence})


def refuse(found: dict[str, list[str]]) -> None:
    """Raises InvalidInput where something was found."""
    if found:
        raise InvalidInput(found)


def is_guid(text: str) -> bool:
    """Whether the text is an ID as Microsoft writes them."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def directory_problem(tenant: Tenant, directory_id: str) -> str:
    """Why the organisation cannot be connected to this directory; "" where it can."""
    if not is_guid(directory_id) or uuid.UUID(directory_id) == tenant.directory_id:
        return ""
    taken = Tenant.objects.filter(directory_id=directory_id).exclude(pk=tenant.pk).exists()
    return str(_("Another organisation is connected to this directory.")) if taken else ""


def secret_problem(secret: str) -> str:
    """Why this is no client secret; "" where it may be one."""
    if not secret:
        return str(_("Enter the client secret's value."))
    wrong_column = _("This is the secret's ID. Copy its value; it stands in the column beside it.")
    return str(wrong_column) if is_guid(secret) else ""


def expiry_problem(expires_on: date, today: date) -> str:
    """Why a secret cannot end on this day; "" where it can (S3.3)."""
    if expires_on < today:
        return str(_("This secret has expired. Make a new one in Microsoft Entra."))
    return str(_("A client secret lasts two years at most.")) if expires_on > today + LONGEST_SECRET else ""


def slots_of(connection: Connection) -> dict[str, object]:
    """Both secrets with their days, to be written into another row."""
    return {name: getattr(connection, name) for slot in Connection.SLOTS for name in slot}


def empty_slots() -> dict[str, object]:
    """No secret yet."""
    (value, expires, saved), (second, second_expires, second_saved) = Connection.SLOTS
    return {value: "", expires: None, saved: None, second: "", second_expires: None, second_saved: None}


def with_secret(slots: dict[str, object], secret: str, expires_on: date, now: datetime) -> dict[str, object]:
    """The slots with one more secret: in the place where it is, else a free one, else that which ends first."""
    known = [slot for slot in Connection.SLOTS if slots[slot[0]] == secret]
    free = [slot for slot in Connection.SLOTS if not slots[slot[0]]]
    first = sorted(Connection.SLOTS, key=lambda slot: slots[slot[1]] or date.min)  # type: ignore[arg-type, return-value]
    value, expires, saved = [*known, *free, *first][0]
    return slots | {value: secret, expires: expires_on, saved: now}


def without_secret(slots: dict[str, object], value_name: str) -> dict[str, object]:
    """The slots without one; what is left stands in the first place."""
    kept = [[slots[name] for name in slot] for slot in Connection.SLOTS if slot[0] != value_name and slots[slot[0]]]
    emptied = empty_slots()
    for slot, values in zip(Connection.SLOTS, kept, strict=False):
        emptied.update(zip(slot, values, strict=True))
    return emptied


def plain(connection: Connection | None) -> dict[str, str]:
    """For the audit trail: never a secret, nor anything made from it."""
    if connection is None:
        return {}
    values = {
        "appName": connection.app_name, "cloud": connection.cloud, "clientId": connection.client_id,
        "directoryId": connection.directory_id, "secretExpiresOn": _day(connection.secret_expires_on),
        "secondSecretExpiresOn": _day(connection.second_secret_expires_on),
    }  # fmt: skip
    return {name: text for name, text in values.items() if text}


def _day(day: date | None) -> str:
    return str(day) if day else ""


def same_app(connection: Connection | None, values: Iterable[str]) -> bool:
    """Whether `values` (client ID, directory ID, cloud) are those of the connection, so that its secrets still fit."""
    if connection is None:
        return False
    known = (connection.client_id, connection.directory_id, connection.cloud)
    return [text.lower() for text in known] == [text.lower() for text in values]
