"""The base of every failure a visitor or a program may be told about."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A use case refused to go on, for a reason a person may read.

    `code` is for programs (camelCase, stable), `status` the HTTP status an edge answers with, `detail` the
    sentence for people. Subclasses stand beside the code that raises them.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    detail: Any = _("This is not possible.")

    def __init__(self, detail: str | Promise | None = None, **extra: Any) -> None:
        self.detail = str(detail or self.detail)
        #: More for the answer, such as `alternatives`; keys are camelCase.
        self.extra = extra
        super().__init__(self.detail)


class NotFound(DomainError):
    """There is no such thing, or it belongs to somebody else: the answer is the same."""

    code = "notFound"
    status = 404
    detail: Any = _("There is nothing at this address.")


class NotAllowed(DomainError):
    """The person is known, and may not do this."""

    code = "notAllowed"
    status = 403
    detail = _("Your role does not allow this.")


class InvalidInput(DomainError):
    """Something in the input is wrong; `errors` maps a field to its sentences."""

    code = "invalid"
    status = 400
    detail = _("Some of the details need another look.")

    def __init__(self, errors: dict[str, list[str]], detail: str | Promise | None = None) -> None:
        super().__init__(detail)
        self.errors = errors
