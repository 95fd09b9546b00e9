"""The organisation's rules for names of business pages (FEATURES 117).

| rule          | a new page, or a new name                                             |
|---------------|-----------------------------------------------------------------------|
| prefix        | stands before the name, and before the address; added where it is missing |
| suffix        | stands behind the name, and behind the address's name; added likewise |
| blocked words | refused where the name holds one as a word of its own, in any case    |

A page that had its name before the rule keeps it until it is given another one. Personal pages are named after people.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from tenants.errors import InvalidInput
from tenants.models import Tenant


def ruled(tenant: Tenant, name: str) -> str:
    """The name as the organisation wants it. Raises InvalidInput for `display_name`."""
    word = blocked_word(tenant, name)
    if word:
        raise InvalidInput({"display_name": [_("Names here must not contain “%(word)s”.") % {"word": word}]})
    plain = " ".join(name.split())
    if tenant.naming_prefix and not plain.casefold().startswith(tenant.naming_prefix.strip().casefold()):
        plain = f"{tenant.naming_prefix.strip()} {plain}"
    if tenant.naming_suffix and not plain.casefold().endswith(tenant.naming_suffix.strip().casefold()):
        plain = f"{plain} {tenant.naming_suffix.strip()}"
    return plain


def blocked_word(tenant: Tenant, name: str) -> str:
    """The first blocked word that the name holds; empty where it holds none. “HR” is not in “Chris”."""
    spaced = " ".join(name.casefold().split())
    for word in tenant.naming_blocked:
        wanted = re.escape(" ".join(str(word).casefold().split()))
        if re.search(rf"(?<!\w){wanted}(?!\w)", spaced):
            return str(word)
    return ""
