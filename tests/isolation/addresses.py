"""Every address of the site, with the ids of an organisation in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import URLResolver, get_resolver

#: Addresses that are public on purpose: what stands on them is meant for everybody who has the address.
_PUBLIC = (
    "/bookwithme/", "/book/", "/brand/", "/bookingsservice/", "/healthz", "/readyz", "/metrics", "/i18n/",
    "/api/v1/schema", "/api/v1/docs", "/accounts/oidc/",
)  # fmt: skip
#: Addresses whose token is in a mail: they say themselves that it is not known.
TOKENS = ("/accounts/password/reset/key/", "/accounts/confirm-email/")
#: Playthings of the demonstration and of tests, which a production start refuses: everybody's mails, Microsoft's side.
PLAYTHINGS = ("/outbox/", "/sandbox/")


class UnknownParameter(Exception):
    """An address has a parameter that this test cannot fill in: teach it which id of the organisation belongs there."""


def is_public(path: str) -> bool:
    """Whether everybody may read what stands there."""
    free_times = path.startswith("/api/v1/pages/") and path.endswith("/slots")
    return free_times or path.lower().startswith(_PUBLIC)


def templates(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every pattern as a format string and the names of its parameters."""
    resolver = resolver or get_resolver()
    for key in resolver.reverse_dict:
        for possibilities, *_rest in resolver.reverse_dict.getlist(key):
            yield from ((prefix + template, names) for template, names in possibilities)
    for before, child in resolver.namespace_dict.values():
        yield from templates(child, prefix + before)


def filled(values: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Every address once, with whether an id of the organisation stands in it; the admin has its own walk."""
    seen = set()
    for template, names in templates():
        if template.startswith(("admin/", "static/")):
            continue
        if missing := [name for name in names if name not in values]:
            raise UnknownParameter(f"{template}: {', '.join(missing)}")
        # A format string names a prefix's parameters too, with the same `%(name)s`.
        path = "/" + template % {name: values[name] for name in values}
        if path not in seen:
            seen.add(path)
            yield path, bool(names)
