"""The connected organisation, for the crashes too."""

from __future__ import annotations

from tests.microsoft365.fixtures import microsoft365

__all__ = ["microsoft365"]
