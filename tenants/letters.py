"""What a mail says, apart from how it looks: a letter is put into words once and rendered as text and as HTML.

The HTML has one layout (`templates/mail/base.html`). Its rules are written into the elements, because many mail
programs drop style sheets; what cannot be written there (dark mode, small screens) stays in one `<style>` element.
Nothing is fetched from anywhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import css_inline
from django.template.loader import render_to_string
from django.utils.translation import get_language

from tenants import contrast
from tenants.models import Tenant

# Overrides and isolates of text direction: they would let a name rewrite what stands beside it.
_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


class Row(NamedTuple):
    """One line of the summary. `detail` is said more quietly; `url` makes the value a link."""

    label: str
    value: str
    detail: str = ""
    url: str = ""
    #: Struck out: what no longer holds.
    struck: bool = False
    #: What the reader looks for first.
    strong: bool = False

    @property
    def says_more(self) -> bool:
        """Whether plain text must spell the link out, because the value does not."""
        return self.url not in ("", self.value, f"mailto:{self.value}")

    @property
    def asks(self) -> bool:
        """Whether the label is a question, which needs no colon."""
        return self.label.endswith("?")


class Action(NamedTuple):
    """A button."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail in words. All texts are plain and in the reader's language; the HTML escapes them."""

    subject: str
    heading: str
    #: Who speaks, above the heading: the booking page or the organisation.
    sender: str
    paragraphs: Sequence[str] = ()
    rows: Sequence[Row] = ()
    #: The one clear action, and what else may be done.
    action: Action | None = None
    second: Action | None = None
    #: Below the buttons, smaller.
    notes: Sequence[str] = ()
    #: Why the reader gets this mail.
    footer: str = ""
    #: What a mail program's list shows beside the subject.
    preview: str = ""


def render(letter: Letter, *, tenant: Tenant, accent: str = "") -> tuple[str, str]:
    """The letter as plain text and as HTML in `accent`, else the organisation's colour, in the active language."""
    accent = accent or tenant.accent
    context = {
        "letter": letter,
        "tenant": tenant,
        "language": get_language() or "en",
        "accent": contrast.accent_text(accent),
        "fill": contrast.accent_fill(accent),
    }
    text = render_to_string("mail/letter.txt", context).strip() + "\n"
    return text, _inliner.inline(render_to_string("mail/letter.html", context))


def one_line(text: str) -> str:
    """The text fit for a header: no line breaks or other controls, no marks that turn the direction of writing."""
    blanks = " ".join(text.split())
    return "".join(c for c in blanks if unicodedata.category(c) not in ("Cc", "Cs") and c not in _DIRECTION_MARKS)


def plain(text: str) -> str:
    """The text with ordinary line breaks and without other controls, which calendar files and mails may not hold."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))
