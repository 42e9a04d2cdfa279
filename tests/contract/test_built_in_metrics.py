"""Every built-in metric passes the suite that authors of metrics run."""

from __future__ import annotations

import pytest

from automl.plugins import Registry
from automl.testing import MetricContract

pytestmark = pytest.mark.slow  # some hundred small tests
_REGISTRY = Registry.load(third_party=False)

for _name in _REGISTRY.ids("metrics"):
    _kind = _REGISTRY.get("metrics", _name)
    globals()[f"Test_{_name}"] = type(f"Test_{_name}", (MetricContract,), {"make_metric": lambda _, kind=_kind: kind()})
