"""Tables as files that spreadsheets open."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

#: What makes a spreadsheet take a text for a formula: at its start, and behind what some of them, such as a German
#: Excel, cut cells and lines at.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[ \"]*[=+\-@\t\r])")


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


def _plain(cell: Any) -> str:
    if cell is None:
        return ""
    text = str(cell)
    return _FORMULA.sub(r"\1'", text) if isinstance(cell, str) else text
