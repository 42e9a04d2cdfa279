"""Which code made a value: the part of a recipe that changes when a component's results may change.

That is the component's declared version, the distribution's version, major.minor of the engines that it names, and,
for editable installs, a hash of the package's sources, so that whoever edits a stage never meets a stale value. Code of
a third party's component that lies outside its plugin's package counts too: `automl.plan.sources`.
"""

from __future__ import annotations

import functools
import importlib.metadata

from automl.engine_versions import distribution_of
from automl.plan.sources import hash_of, is_editable, locate, versions_elsewhere
from automl.plugins import Offer


def code_version(offer: Offer) -> str:
    """The version of an offered component, as text that a person can compare.

    Raises:
        PluginError: it depends on code of which no version can be told.
    """
    component = offer.record.load()
    plugin, package = offer.plugin, offer.plugin.module.split(".")[0]
    parts = [f"{plugin.distribution} {plugin.version}", f"v{component.version}"]
    parts += [f"{engine} {version}" for engine in component.engines if (version := _engine_version(engine))]
    sources = _sources(plugin.distribution, package)
    if sources:
        parts.append(f"sources {sources[:8]}")
    if not plugin.is_built_in:
        parts += versions_elsewhere(component, offer.record.code, package, plugin.distribution)
    return ", ".join(parts)


@functools.cache
def _engine_version(module: str) -> str | None:
    """None for a module of no distribution: an author's own, whose sources count (`automl.plan.sources`)."""
    try:
        return ".".join(distribution_of(module)[1].split(".")[:2])
    except importlib.metadata.PackageNotFoundError:
        return None


@functools.cache
def _sources(distribution: str, package: str) -> str | None:
    """Hash of a package's (or a lone module's) Python files if it is editable or of no distribution, else None."""
    if not is_editable(distribution):
        return None
    code = locate(package)
    return hash_of(code.files, code.root) if code is not None and code.files else None
