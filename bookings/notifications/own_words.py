"""An organisation's own words in the place of ours: subject and opening text of a mail, with placeholders.

Placeholders are a word in braces, such as `{customer}`; nothing else in braces is allowed, so that a slip is told to
who writes it and never reaches a reader. Values are put in as they are: letters escape what they show.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from bookings.models import MailTemplate
from tenants.letters import Letter, one_line, plain
from tenants.models import Tenant

_IN_BRACES = re.compile(r"\{([^{}]*)\}")


def dress(
    letter: Letter, *, tenant: Tenant, template: str, reader: str, language: str, facts: Mapping[str, str]
) -> Letter:  # fmt: skip
    """The letter with the organisation's own subject and opening, as far as it has them for this language."""
    own = MailTemplate.objects.filter(tenant=tenant, template=template, reader=reader, language=language).first()
    return letter if own is None else put_on(letter, subject=own.subject, text=own.text, facts=facts)


def put_on(letter: Letter, *, subject: str, text: str, facts: Mapping[str, str]) -> Letter:
    """The letter with another subject and another opening; an empty one stays ours."""
    if subject:
        letter = replace(letter, subject=one_line(fill(subject, facts)))
    if text:
        letter = replace(letter, paragraphs=plain(fill(text, facts)).split("\n\n"))
    return letter


def fill(text: str, facts: Mapping[str, str]) -> str:
    """The text with its placeholders filled in; one that has no value here stays empty."""
    return _IN_BRACES.sub(lambda found: facts.get(found[1].strip(), ""), text)


def problem(text: str, allowed: Iterable[str]) -> str:
    """What is wrong with the placeholders of a text, in a sentence; empty where nothing is."""
    names = list(allowed)
    for found in _IN_BRACES.finditer(text):
        if found[1].strip() not in names:
            listed = ", ".join(f"{{{name}}}" for name in names)
            return _("{%(name)s} is not known here. You can use: %(listed)s.") % {"name": found[1], "listed": listed}
    if "{" in (rest := _IN_BRACES.sub("", text)) or "}" in rest:
        return _("A brace is open or closed without its counterpart.")
    return ""
