"""The words of arithmetic's sentences, in the reader's language.

Arithmetic knows no catalogue of translations; whoever has one hands it in with `use`. Until then words are English.
The names are those that collect messages for translators.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Catalogue:
    one: Callable[[str], str] = str
    counted: Callable[[str, str, int], str] = lambda one, many, n: one if n == 1 else many


_catalogue = _Catalogue()


def use(one: Callable[[str], str], counted: Callable[[str, str, int], str]) -> None:
    """Take words from these: `one(text)`, and `counted(one, many, n)` for numbers."""
    _catalogue.one, _catalogue.counted = one, counted


def gettext(text: str) -> str:
    """Return the text in the reader's language."""
    return _catalogue.one(text)


def ngettext(one: str, many: str, n: int) -> str:
    """Return the text that goes with the number, in the reader's language."""
    return _catalogue.counted(one, many, n)


def gettext_noop(text: str) -> str:
    """Return the text as it is, to be translated where it is shown."""
    return text
