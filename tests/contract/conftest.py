"""Everything installed, once."""

from __future__ import annotations

pytest_plugins = ["automl.testing.fixtures", "pytester"]
