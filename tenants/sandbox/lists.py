"""Answers that are lists: $top, $skip, $count, @odata.nextLink (Graph: paging)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from .errors import bad_request
from .gateway import Call

MOST = 1_000
Row = TypeVar("Row")


def number(call: Call, name: str, default: int) -> int:
    """A numeric query option; 400 for anything else."""
    text = call.query.get(name)
    if text is None:
        return default
    if not text.isdigit() or (name == "$top" and text == "0"):
        raise bad_request(f"Invalid value '{text}' for {name} query option found.")
    return int(text)


def link(call: Call, **changes: str) -> str:
    """This request's own address under our own base, some parameters changed."""
    path = call.request.path_info.partition("/v1.0")[2]
    parameters = {name: value for name, value in {**call.query, **changes}.items() if value}
    base = f"{call.preferences.base_url}{quote(path, safe='/@=()-_.')}"
    return f"{base}?{urlencode(parameters, safe='$:', quote_via=quote)}" if parameters else base


def page(
    call: Call, rows: Sequence[Row], present: Callable[[Row], dict[str, Any]], default: int = 10
) -> dict[str, Any]:
    """One page of the rows, and where the next one is."""
    size = min(number(call, "$top", call.preferences.page_size or default), MOST)
    skip = number(call, "$skip", 0)
    body: dict[str, Any] = {}
    if call.query.get("$count", "").lower() == "true":
        body["@odata.count"] = len(rows)
    body["value"] = [present(row) for row in rows[skip : skip + size]]
    if skip + size < len(rows):
        body["@odata.nextLink"] = link(call, **{"$skip": str(skip + size)})
    return body
