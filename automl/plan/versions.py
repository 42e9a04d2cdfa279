"""Which code made a value: the part of a recipe that changes when a component's results may change.

That is the component's declared version, the distribution's version, major.minor of the engines that it names, and,
for editable installs, a hash of the package's sources, so that whoever edits a stage never meets a stale value.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import json
from pathlib import Path
from typing import Any

from automl.fingerprint import bytes_fingerprint, digest
from automl.plugins import Offer


def code_version(offer: Offer) -> str:
    """The version of an offered component, as text that a person can compare."""
    component = offer.record.load()
    parts = [f"{offer.plugin.distribution} {offer.plugin.version}", f"v{component.version}"]
    parts += [f"{engine} {_engine_version(engine)}" for engine in component.engines]
    sources = _sources(offer.plugin.distribution, offer.plugin.module.split(".")[0])
    return ", ".join([*parts, *([f"sources {sources[:8]}"] if sources else [])])


@functools.cache
def _engine_version(module: str) -> str:
    distributions = importlib.metadata.packages_distributions().get(module, [module])
    return ".".join(importlib.metadata.version(distributions[0]).split(".")[:2])


@functools.cache
def _sources(distribution: str, package: str) -> str | None:
    """Hash of a package's (or a lone module's) Python files if it is editable or of no distribution, else None."""
    if not _is_editable(distribution):
        return None
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    files = sorted(root.rglob("*.py")) if spec.submodule_search_locations else [Path(spec.origin)]
    return digest([[str(file.relative_to(root)), bytes_fingerprint(file.read_bytes())] for file in files])


@functools.cache
def _is_editable(distribution: str) -> bool:
    try:
        text = importlib.metadata.distribution(distribution).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return True
    origin: dict[str, Any] = json.loads(text) if text else {}
    return bool(origin.get("dir_info", {}).get("editable", False))
