"""The real client over real HTTP against the sandbox."""

from __future__ import annotations

from tests.microsoft365.fixtures import microsoft365

__all__ = ["microsoft365"]
