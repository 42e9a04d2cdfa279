"""The command line. `main` is the console script ``automl``."""

from __future__ import annotations

from automl.cli.commands import main

__all__ = ["main"]
