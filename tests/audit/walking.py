"""Every form of a page, filled in a little differently, and what sending it wrote into which table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.db import connection

_WRITE = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"(\w+)"', re.IGNORECASE)
#: What is put into an empty field, by its type.
_FILLING = {
    "email": "somebody.new@example.net", "date": "2031-03-04", "time": "10:15", "url": "https://new.example.net",
    "datetime-local": "2031-03-04T10:15", "number": "3", "color": "#0f6e56",
}  # fmt: skip


@dataclass
class Form:
    """One form that is sent by POST, with the values it would be sent with and the buttons that send it."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def sendings(self) -> Iterator[tuple[str, dict[str, list[str]]]]:
        """Address and values for every button; texts differ from what they were."""
        changed = {
            name: [f"{value} 2" for value in values] if name in self.texts and any(values) else values
            for name, values in self.values.items()
        }
        for name, value, action in self.buttons or [("", "", "")]:
            yield action or self.action, changed | ({name: [value]} if name else {})


class FormReader(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.forms = address, []  # type: str, list[Form]
        self._form: Form | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            posts = given.get("method", "").lower() == "post"
            self._form = Form(given.get("action") or self.address) if posts else None
            if self._form:
                self.forms.append(self._form)
        elif self._form is None or "disabled" in given:
            return
        elif tag == "input" and name not in ("", "csrfmiddlewaretoken"):
            self._input(given, name)
        elif tag == "button" and given.get("type", "submit") == "submit" and not given.get("formtarget"):
            self._form.buttons.append((name, given.get("value", ""), given.get("formaction", "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in given or self._select not in self._form.values:
                self._form.values[self._select] = [given.get("value", "")]
        elif tag == "textarea" and name:
            self._area = name
            self._form.values[name] = [""]
            self._form.texts.add(name)

    def _input(self, given: dict[str, str], name: str) -> None:
        assert self._form is not None
        kind, value = given.get("type", "text"), given.get("value", "")
        if kind in ("checkbox", "radio"):
            if "checked" in given or (kind == "radio" and name not in self._form.values):
                self._form.values.setdefault(name, []).append(value or "on")
            return
        if kind == "text" and not given.get("inputmode"):
            self._form.texts.add(name)
        filling = _FILLING.get(kind, "Something new") if kind != "hidden" else ""
        self._form.values.setdefault(name, []).append(value or ("" if "time" in name else filling))

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.values[self._area] = [self._form.values[self._area][0] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


@contextmanager
def writes() -> Iterator[set[str]]:
    """The tables in which the statements of this block wrote, changed or deleted at least one row."""
    tables: set[str] = set()

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        found = _WRITE.match(sql)
        if found and context["cursor"].rowcount != 0:
            tables.add(found.group(1))
        return answer

    with connection.execute_wrapper(watch):
        yield tables
