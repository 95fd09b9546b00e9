"""The key of one form: it makes one booking, however often the form is sent, and tells since when it was shown.

A program fills in a form faster than a person can read it. The instant at which the form was first shown stands in its
key, signed, so that nobody needs to remember forms that are never sent.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from django.core.signing import BadSignature, Signer

_SIGNER = Signer(salt="bookings.form")


def issue(*, now: datetime, like: str = "") -> str:
    """A new key for a form shown at `now`; `like` is a key whose age it keeps: the form was shown before."""
    shown_at = _shown_at(like) or now
    return _SIGNER.sign(f"{secrets.token_urlsafe(18)}.{int(shown_at.timestamp())}")


def age(key: str, *, now: datetime) -> timedelta | None:
    """How long ago the form with that key was first shown; None for a key that is not ours."""
    shown_at = _shown_at(key)
    return now - shown_at if shown_at else None


def _shown_at(key: str) -> datetime | None:
    try:
        seconds = _SIGNER.unsign(key).rpartition(".")[2]
        return datetime.fromtimestamp(int(seconds), UTC)
    except (BadSignature, ValueError, OverflowError):
        return None
