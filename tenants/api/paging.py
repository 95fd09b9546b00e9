"""Lists: `{"value": [...], "nextLink": null|url}`, `?top=` up to 200.

A page goes on after the last row of the one before (its sort values, signed), so that rows that come and go while
somebody reads neither repeat nor hide others, and page 1,000 costs what page 1 does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.db.models import Q, QuerySet
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.errors import InvalidInput

DEFAULT_TOP, MOST = 50, 200
_SALT = "api.after"


def answer(
    request: Request, rows: QuerySet[Any], *, order: Sequence[str], render: Callable[[list[Any]], list[Any]]
) -> Response:
    """One page of `rows`. `order`: fields, all ascending or all with a minus, the last one unique, none null.

    Raises InvalidInput for a bad `top` or `after`.
    """
    top = _top(request)
    fields = [name.lstrip("-") for name in order]
    after = request.query_params.get("after")
    if after is not None:
        rows = rows.filter(_beyond(fields, _opened(after, fields), "lt" if order[0].startswith("-") else "gt"))
    found = list(rows.order_by(*order)[: top + 1])
    more = len(found) > top
    link = _next_link(request, found[top - 1], fields) if more else None
    return Response({"value": render(found[:top]), "nextLink": link})


def _top(request: Request) -> int:
    text = request.query_params.get("top", str(DEFAULT_TOP))
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST):
        raise InvalidInput({"top": [_("Use a whole number from 1 to %(most)d.") % {"most": MOST}]})
    return int(text)


def _opened(after: str, fields: Sequence[str]) -> list[str]:
    try:
        names, values = signing.loads(after, salt=_SALT)
    except (signing.BadSignature, ValueError):
        names, values = None, []
    if names != list(fields):
        raise InvalidInput({"after": [_("Use the nextLink of an earlier answer.")]})
    return values


def _beyond(fields: Sequence[str], values: Sequence[str], operator: str) -> Q:
    """`(a, b) > (x, y)`, spelled out: `a > x or (a = x and b > y)`."""
    condition, equal = Q(), Q()
    for name, value in zip(fields, values, strict=True):
        condition |= equal & Q(**{f"{name}__{operator}": value})
        equal &= Q(**{name: value})
    return condition


def _next_link(request: Request, last: Any, fields: Sequence[str]) -> str:
    values = [str(getattr(last, name)) for name in fields]
    query = request.query_params.copy()
    query["after"] = signing.dumps([list(fields), values], salt=_SALT, compress=True)
    return f"{settings.SITE_URL}{escape_uri_path(request.path)}?{urlencode(list(query.items()))}"
