"""Tables as files that spreadsheets open."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django_scopes import scope

from tenants.models import Tenant

#: What makes a spreadsheet take a text for a formula: at its start, and behind what some of them, such as a German
#: Excel, cut cells and lines at.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[ \"]*[=+\-@\t\r])")

#: Rows that a long file is read and sent in at a time.
_AT_ONCE = 500


def answer(name: str, head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A download `<name>.csv` in UTF-8 with a byte order mark, for Excel. Texts that customers wrote stay texts."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow([str(cell) for cell in head])
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return response


def streamed(
    name: str, head: Sequence[str], rows: Iterable[Sequence[Any]], *, tenant: Tenant, form: str = "csv"
) -> StreamingHttpResponse:
    """A download of any length, never whole in memory: `form` is `csv`, as `answer` writes it, or `json`, a list of
    objects whose names are `head`. `rows` is read in the scope of `tenant` while the answer goes out.
    """
    parts = _as_json(head, rows) if form == "json" else _as_csv(head, rows)
    types = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
    response = StreamingHttpResponse(_within(tenant, parts), content_type=types[form])
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def _within(tenant: Tenant, parts: Iterator[str]) -> Iterator[str]:
    """Each part is made inside the scope and handed out outside of it."""
    while True:
        with scope(tenant=tenant):
            part = next(parts, None)
        if part is None:
            return
        yield part


def _as_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield "\ufeff" + _lines([head])
    for some in _batches(rows):
        yield _lines([_plain(cell) for cell in row] for row in some)


def _batches(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    left = iter(rows)
    while some := list(itertools.islice(left, _AT_ONCE)):
        yield some


def _lines(rows: Iterable[Sequence[str]]) -> str:
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue()


def _as_json(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    opening = "[\n"
    for some in _batches(rows):
        objects = (dict(zip(head, row, strict=True)) for row in some)
        yield opening + ",\n".join(json.dumps(one, ensure_ascii=False, default=str) for one in objects)
        opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def _plain(cell: Any) -> str:
    if cell is None:
        return ""
    text = str(cell)
    return _FORMULA.sub(r"\1'", text) if isinstance(cell, str | dict | list) else text
