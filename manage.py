#!/usr/bin/env python3
"""Daybook's commands. The first call on a fresh machine also makes the virtual environment."""

from __future__ import annotations

import os
import sys

from config import bootstrap
from config.demonstration import environment


def main() -> None:
    """Makes sure that the dependencies are there, then runs the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    bootstrap.ensure(sys.argv)
    environment.prepare(sys.argv)
    from django.core.management import execute_from_command_line  # only importable now

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
