"""The kernel's store keeps the contract of stores."""

from __future__ import annotations

from pathlib import Path

from automl.store import Store
from automl.testing import StoreContract


class TestKernelStore(StoreContract):
    def make_store(self, root: Path) -> Store:
        return Store(root)
