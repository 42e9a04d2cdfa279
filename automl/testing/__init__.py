"""What plugin authors test with: contract suites to inherit, and real stand-ins for both ends of every seam.

Transforms, readers and splitters are checked by one decorator::

    @parametrize_with_stage_checks([MyScaler, MyEncoder])
    def test_stage(check):
        check()

Everything else has a class to inherit from, which says in its docstring what an author supplies. Names load on first
use; only the contracts and the checks need pytest.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automl.testing.executors import ExecutorContract as ExecutorContract
    from automl.testing.learner_contract import LearnerContract as LearnerContract
    from automl.testing.metric_contract import MetricContract as MetricContract
    from automl.testing.network_contract import NetworkContract as NetworkContract
    from automl.testing.observer_contract import ObserverContract as ObserverContract
    from automl.testing.observers import RecordingObserver as RecordingObserver
    from automl.testing.searcher_contract import SearcherContract as SearcherContract
    from automl.testing.searchers import ScriptedSearcher as ScriptedSearcher
    from automl.testing.stage_checks import parametrize_with_stage_checks as parametrize_with_stage_checks
    from automl.testing.store_contract import StoreContract as StoreContract

_HOME_OF = {
    "ExecutorContract": "executors",
    "LearnerContract": "learner_contract",
    "MetricContract": "metric_contract",
    "NetworkContract": "network_contract",
    "ObserverContract": "observer_contract",
    "RecordingObserver": "observers",
    "ScriptedSearcher": "searchers",
    "SearcherContract": "searcher_contract",
    "StoreContract": "store_contract",
    "parametrize_with_stage_checks": "stage_checks",
}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'automl.testing' has no attribute {name!r}")
    home = f"automl.testing.{_HOME_OF[name]}"
    if home not in sys.modules and (pytest := sys.modules.get("pytest")) is not None:
        # A bare `assert` in a contract then tells both sides, as one in a test module does.
        pytest.register_assert_rewrite(home)
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
