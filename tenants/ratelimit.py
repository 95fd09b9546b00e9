"""How often somebody may try: fixed windows, exact under concurrency (`cache.add` + `incr`)."""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError


class TooManyTries(DomainError):
    """The limit is reached; `extra["retryAfter"]` is the wait in seconds."""

    code = "tooManyTries"
    status = 429
    detail = _("Too many tries. Please wait a little and try again.")


def hit(*, what: str, who: str, limit: int, period: timedelta) -> None:
    """Counts one try of `what` by `who`; raises TooManyTries past `limit` in the running `period`.

    `who` is hashed: the cache holds no address. One count for all processes where the cache is shared (Redis); in
    the embedded mode there is one web process.
    """
    seconds = int(period.total_seconds())
    window, into = divmod(int(time.time()), seconds)
    key = f"limit:{what}:{hashlib.sha256(who.encode()).hexdigest()[:32]}:{window}"
    cache.add(key, 0, seconds + 1)
    try:
        count = cache.incr(key)
    except ValueError:  # evicted between the two calls
        count = 1
    if count > limit:
        raise TooManyTries(retryAfter=seconds - into)
