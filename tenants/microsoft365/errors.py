"""What can go wrong with Microsoft 365, by name. `remedy` is for an administrator; "" where nobody has to act.

| Microsoft says                                         | raised                              |
|--------------------------------------------------------|-------------------------------------|
| nothing: no connection, broken off, too slow           | Unreachable                         |
| 429; 503 and 504                                       | Throttled, with `Retry-After` if it came |
| any other 5xx                                          | Unavailable                         |
| AADSTS and a number                                    | a kind of SignInFailed, see `BY_NUMBER` |
| 401 again after a new token                            | SignInFailed                        |
| 403; with "Access to OData is disabled"                | AccessDenied, with the remedy of S2.54 |
| 404; of a mailbox rather than of an item               | NotThere; NoMailbox                 |
| 410, or one of the codes for a lost sync state         | Gone                                |
| ErrorDuplicateTransactionId; other 409, 412            | DuplicateTransaction; Conflict      |
| anything else                                          | Refused                             |

Sources: Graph errors.md; Entra reference-error-codes; auth-limit-mailbox-access.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ODATA_DISABLED = "Access to OData is disabled"
ODATA_COMMAND = "Get-ApplicationAccessPolicy | Format-Table -Auto Identity,Description,ScopeName,AccessRight"
#: Microsoft's own instruction for a mailbox that a policy closes to us (S2.54).
ODATA_REMEDY = _(
    "A policy in Exchange Online closes this mailbox to Daybook. Run “Get-ApplicationAccessPolicy | Format-Table -Auto "
    "Identity,Description,ScopeName,AccessRight” and remove or change the policies; it may take an hour to work."
)
SYNC_STATE_LOST = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired", "syncstateexpired"})
NO_MAILBOX = frozenset({"mailboxnotenabledforrestapi", "resourcenotfound", "request_resourcenotfound"})


class MicrosoftError(Exception):
    """Microsoft 365 did not do what was asked. `code` is Microsoft's, `remedy` what an administrator can do."""

    default_remedy: ClassVar[str | Promise] = ""

    def __init__(self, reason: str, *, code: str = "", remedy: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.remedy = str(remedy or self.default_remedy)


class NotConnected(MicrosoftError):
    """The organisation has no Microsoft 365 connection."""

    default_remedy = _("Connect Microsoft 365 with the client ID, the directory ID and a client secret.")


class Unreachable(MicrosoftError):
    """No answer came: what was asked may have happened or not."""


class Unavailable(MicrosoftError):
    """Microsoft failed at its own side; what was asked may have happened or not."""


class Throttled(MicrosoftError):
    """Microsoft wants less. `retry_after`: how long to wait; None when it did not say."""

    def __init__(self, reason: str, *, code: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(reason, code=code)
        self.retry_after = retry_after


class NotThere(MicrosoftError):
    """The event does not exist (any more) in this mailbox."""


class NoMailbox(MicrosoftError):
    """The person or room has no mailbox in Exchange Online."""

    default_remedy = _("Give this person a licence with an Exchange Online mailbox, or stop keeping it in step.")


class Gone(MicrosoftError):
    """The state of a delta round is lost: start a full round."""


class AccessDenied(MicrosoftError):
    """The app registration may not do this, or not in this mailbox."""

    default_remedy = _(
        "Grant the app registration the application permissions Calendars.ReadWrite, User.Read.All and Place.Read.All "
        "with admin consent, then test the connection."
    )


class Conflict(MicrosoftError):
    """The item changed in between."""


class DuplicateTransaction(MicrosoftError):
    """An event was created with this transaction id before, from a different request."""


class Refused(MicrosoftError):
    """Microsoft does not accept the request as it is; sending it again does not help."""

    default_remedy = _("Look at Microsoft's message. When its cause is mended, choose “Try again”.")


class SignInFailed(MicrosoftError):
    """No token for the app registration."""

    default_remedy = _("Compare the client ID and the directory ID with the app registration in Microsoft Entra.")


class SecretExpired(SignInFailed):
    """The client secret is past its date (AADSTS7000222)."""

    default_remedy = _(
        "Make a new client secret in Microsoft Entra (App registrations, Certificates & secrets) and save it in the "
        "Microsoft 365 connection. What waits goes on by itself."
    )


class SecretWrong(SignInFailed):
    """Microsoft does not know the client secret (AADSTS7000215)."""

    default_remedy = _(
        "Save the secret's value, not its ID, in the Microsoft 365 connection; if it was lost, make a new one in "
        "Microsoft Entra (App registrations, Certificates & secrets)."
    )


class DirectoryUnknown(SignInFailed):
    """There is no directory of that id (AADSTS90002)."""

    default_remedy = _("Copy the directory (tenant) ID from the app registration's overview in Microsoft Entra.")


class AppUnknown(SignInFailed):
    """The directory has no such app (AADSTS700016), or nobody consented to it there (AADSTS7000229)."""

    default_remedy = _(
        "Compare the client ID with the app registration's overview in Microsoft Entra, and let an administrator of "
        "this directory give admin consent."
    )


class AppDisabled(SignInFailed):
    """The app is switched off in this directory (AADSTS7000112, S2.21)."""

    default_remedy = _(
        "In Microsoft Entra open Enterprise applications, the app, Properties, and set “Enabled for users to sign-in” "
        "to Yes. “Assignment required” can stay at No."
    )


class AccessConditional(SignInFailed):
    """A Conditional Access policy for workload identities refuses the app (AADSTS53003)."""

    default_remedy = _("In Microsoft Entra exclude the app from the Conditional Access policy for workload identities.")


class SecretUnreadable(SignInFailed):
    """The stored secret was encrypted with a key that is no longer there."""

    default_remedy = _("Put the earlier key back into FIELD_ENCRYPTION_KEYS, or enter a new client secret.")


#: Entra's numbers (reference-error-codes) that have a remedy of their own.
BY_NUMBER: dict[str, type[SignInFailed]] = {
    "AADSTS7000222": SecretExpired,
    "AADSTS7000215": SecretWrong,
    "AADSTS90002": DirectoryUnknown,
    "AADSTS900023": DirectoryUnknown,
    "AADSTS700016": AppUnknown,
    "AADSTS7000229": AppUnknown,
    "AADSTS7000112": AppDisabled,
    "AADSTS53003": AccessConditional,
}


def is_closed_by_policy(error: MicrosoftError) -> bool:
    """Whether an application access policy of Exchange closes the mailbox (S2.54), rather than a missing permission."""
    return ODATA_DISABLED.lower() in str(error).lower()


def from_answer(status: int, code: str, message: str, retry_after: timedelta | None) -> MicrosoftError:
    """The named error of a Graph answer with a status of 400 or more."""
    reason = f"{status} {code}: {message}"[:400]
    folded = code.lower()
    if status in (429, 503, 504):
        return Throttled(reason, code=code, retry_after=retry_after)
    if folded == "errorduplicatetransactionid":
        return DuplicateTransaction(reason, code=code)
    if status == 410 or folded in SYNC_STATE_LOST:
        return Gone(reason, code=code)
    if status == 403 and ODATA_DISABLED.lower() in message.lower():
        return AccessDenied(reason, code=code, remedy=str(ODATA_REMEDY))
    if status == 404 and folded in NO_MAILBOX:
        return NoMailbox(reason, code=code)
    if status >= 500:
        return Unavailable(reason, code=code)
    plain = {401: SignInFailed, 403: AccessDenied, 404: NotThere, 409: Conflict, 412: Conflict}
    return plain.get(status, Refused)(reason, code=code)
