from __future__ import annotations

import pytest

from automl_keras import signatures


@pytest.fixture
def nothing_compiled() -> None:
    """Without the programs of earlier tests in this process: one that has fallen back already says nothing more."""
    signatures.program.cache_clear()
