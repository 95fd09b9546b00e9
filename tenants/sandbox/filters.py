"""$filter (OData 4.01): the part of the language that calendar and directory clients use.

`and`, `or`, `not`, brackets, `eq ne gt ge lt le`, `startswith endswith contains`, and `any` over a collection,
evaluated on the JSON that would be answered.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from .errors import GraphError

Row = dict[str, Any]
Test = Callable[[Row], Any]

TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_@$][\w./@$]*)|([0-9][\w.:+-]*)|([():,-]))")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": operator.contains,
}
GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def compile_filter(text: str) -> Test:
    """A predicate for rows; raises 400 for what is not a filter."""
    parser = _Parser(_tokens(text), text)
    test = parser.disjunction()
    if parser.peek():
        raise parser.error()
    return test


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        guid = GUID.match(text, position)
        match = guid or TOKEN.match(text, position)
        if match is None:
            raise _refusal(text)
        tokens.append(match.group(0).strip())
        position = match.end()
        while position < len(text) and text[position].isspace():
            position += 1
    return tokens


def _refusal(text: str) -> GraphError:
    return GraphError(400, "BadRequest", f"Invalid filter clause: '{text}'.")


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _value(row: Row, path: list[str]) -> Any:
    current: Any = row
    for name in path:
        current = current.get(name) if isinstance(current, dict) else None
    return current


class _Parser:
    def __init__(self, tokens: list[str], text: str) -> None:
        self.tokens = tokens
        self.text = text
        self.variables: list[str] = []

    def error(self) -> GraphError:
        return _refusal(self.text)

    def peek(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self, expected: str = "") -> str:
        if not self.tokens or (expected and self.tokens[0].lower() != expected):
            raise self.error()
        return self.tokens.pop(0)

    def disjunction(self) -> Test:
        tests = [self.conjunction()]
        while self.peek().lower() == "or":
            self.take()
            tests.append(self.conjunction())
        return lambda row: any(test(row) for test in tests)

    def conjunction(self) -> Test:
        tests = [self.factor()]
        while self.peek().lower() == "and":
            self.take()
            tests.append(self.factor())
        return lambda row: all(test(row) for test in tests)

    def factor(self) -> Test:
        if self.peek().lower() == "not":
            self.take()
            inner = self.factor()
            return lambda row: not inner(row)
        if self.peek() == "(":
            self.take()
            test = self.disjunction()
            self.take(")")
            return test
        if self.peek().lower() in FUNCTIONS:
            return self.function()
        name = self.take()
        if name.lower().endswith("/any"):
            return self.collection(name[:-4])
        return self.comparison(name)

    def function(self) -> Test:
        function = FUNCTIONS[self.take().lower()]
        self.take("(")
        path = self.path(self.take())
        self.take(",")
        wanted = _lower(self.literal(self.take()))
        self.take(")")
        return lambda row: function(str(_lower(_value(row, path)) or ""), wanted)

    def collection(self, name: str) -> Test:
        path = self.path(name)
        self.take("(")
        self.variables.append(self.take())
        self.take(":")
        test = self.disjunction()
        self.take(")")
        self.variables.pop()
        return lambda row: any(test(element) for element in _value(row, path) or [])

    def comparison(self, name: str) -> Test:
        path = self.path(name)
        word = self.take().lower()
        if word not in COMPARISONS:
            raise self.error()
        compare, wanted = COMPARISONS[word], _lower(self.literal(self.take()))

        def test(row: Row) -> bool:
            found = _lower(_value(row, path))
            if word in ("eq", "ne"):
                return compare(found, wanted)
            return found is not None and type(found) is type(wanted) and compare(found, wanted)

        return test

    def path(self, name: str) -> list[str]:
        parts = name.split("/")
        if self.variables and parts[0] == self.variables[-1]:
            parts = parts[1:]
        return parts

    def literal(self, token: str) -> Any:
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        words = {"true": True, "false": False, "null": None}
        if token.lower() in words:
            return words[token.lower()]
        return int(token) if token.isdigit() else token
