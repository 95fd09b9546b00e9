"""What jobs of the outbox do and wait for, in words for administrators."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: By what the kind of a job begins with.
_KINDS: tuple[tuple[str, str | Promise], ...] = (
    ("outlook.", _("Writing a booking to Outlook")),
    ("busy.", _("Reading a calendar")),
    ("mail.", _("Sending a mail")),
    ("webhook.", _("Telling a program")),
    ("connection.", _("Testing the connection")),
    ("people.", _("Bringing in people")),
    ("subscription", _("Asking Microsoft to tell of changes")),
    ("approval.", _("Asking staff to confirm")),
    ("reminder", _("Reminding")),
    ("waiting.", _("Offering a free time")),
    ("offer.", _("Offering a free time")),
    ("booking.recheck", _("Checking a booking against Outlook")),
    ("calendar.", _("Deleting or restoring a booking calendar")),
    ("personalData.", _("Erasing personal data")),
    ("senders.", _("Cancelling bookings of a blocked sender")),
)
_CAUSES: dict[str, str | Promise] = {
    "connection": _("Waits for the Microsoft 365 connection"),
    "mail": _("Waits for the mail server"),
    "keys": _("Waits for an encryption key"),
}


def of_kind(kind: str) -> str:
    """What a job of this kind does; its kind where it has no words."""
    return str(next((words for start, words in _KINDS if kind.startswith(start)), kind))


def of_cause(cause: str) -> str:
    """What parked jobs of one cause (`parked.Cause`) wait for, or what they do."""
    return str(_CAUSES.get(cause) or of_kind(cause))
