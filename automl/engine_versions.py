"""Versions of the libraries that a model was made with, and what to say where it does not work with those found here.

A model keeps what its engines learned as plain values, and another version of an engine may read them otherwise.
"""

from __future__ import annotations

import functools
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from automl.errors import AutoMLError, BundleError, PredictError

OWN: Final = "automl-pipelines"
_ALWAYS: Final = ("numpy", "pandas")
_LONGEST: Final = 240
"""Letters of an engine's own error that are repeated."""

MadeWith = Mapping[str, Mapping[str, str]]
"""By module: ``distribution`` and ``version``."""


@functools.cache
def distributions() -> Mapping[str, list[str]]:
    """The installed distributions of each importable module; finding them reads the files of all (half a second)."""
    return importlib.metadata.packages_distributions()


@functools.cache
def distribution_of(module: str) -> tuple[str, str]:
    """Name and version of the distribution that brings a module; raises PackageNotFoundError if none does."""
    name = distributions().get(module, [module])[0]
    return name, importlib.metadata.version(name)


def made_with(engines: Iterable[str]) -> dict[str, dict[str, str]]:
    """Python, NumPy, pandas and these engines, as far as they are installed."""
    found = {"python": {"distribution": "python", "version": ".".join(map(str, sys.version_info[:3]))}}
    for module in sorted({*_ALWAYS, *engines}):
        try:
            distribution, version = distribution_of(module)
        except importlib.metadata.PackageNotFoundError:
            continue  # a module of the author's own, which no version tells apart
        found[module] = {"distribution": distribution, "version": version}
    return found


@functools.cache
def allowed() -> Mapping[str, SpecifierSet]:
    """Which versions of each distribution this one asks for, extras included; empty where it is not installed."""
    try:
        written = importlib.metadata.requires(OWN) or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    found: dict[str, SpecifierSet] = {}
    for text in written:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        found[name] = found.get(name, SpecifierSet()) & requirement.specifier
    return found


def refuse_outside_bounds(made: MadeWith) -> None:
    """Raise BundleError if a version that a model was made with, or the one found here, is none that is allowed.

    Within these bounds models were opened and compared (``tests/plugins/stored``); outside of them one may open and
    predict something else.
    """
    outside: list[str] = []
    for module, about in made.items():
        bounds = allowed().get(canonicalize_name(about["distribution"]))
        if bounds is None:
            continue
        name = about["distribution"].replace("_", "-")
        try:
            here = distribution_of(module)[1]
        except importlib.metadata.PackageNotFoundError:
            here = None  # the part that needs it says so
        for version, where in ((about["version"], "made with"), (here, "opened with")):
            if version is not None and not _is_in(version, bounds):
                outside.append(f"{where} {name} {version[:20]} (allowed is {bounds})")
    if outside:
        raise BundleError(
            f"the model was {', '.join(outside)}, and nobody has tried whether it predicts the same then; mend: train "
            "it again with versions that are allowed, or open it with the version of automl-pipelines that made it"
        )


def _is_in(version: str, bounds: SpecifierSet) -> bool:
    try:
        return bounds.contains(version, prereleases=True)
    except InvalidVersion:
        return False


@contextmanager
def as_made(name: str, made: MadeWith, engines: Iterable[str]) -> Iterator[None]:
    """Whatever fails within names the versions that this part of a model was made with, if others are here.

    Args:
        name: of the part.
        made: versions that the model notes.
        engines: modules that the part uses.

    Raises:
        BundleError: in place of any error but a PredictError; the cause is kept.
    """
    try:
        yield
    except PredictError:
        raise
    except Exception as error:
        others = [other for module in engines if (other := _other(module, made.get(module)))]
        if not others:
            raise
        first = (str(error).splitlines() or [""])[0][:_LONGEST]
        cause = first if isinstance(error, AutoMLError) else f"{type(error).__name__}: {first}"
        versions = ", ".join(text for text, _ in others)
        wanted = " ".join(f"'{requirement}'" for _, requirement in others)
        raise BundleError(
            f"{name} was made with {versions}, and cannot be used here ({cause}); "
            f"mend: pip install {wanted}, or train the model again"
        ) from error


def _other(module: str, made: Mapping[str, str] | None) -> tuple[str, str] | None:
    """A text and a requirement if another version of this module is here."""
    if made is None:
        return None
    try:
        here = distribution_of(module)[1]
    except importlib.metadata.PackageNotFoundError:
        here = "none"
    version, distribution = made["version"], made["distribution"].replace("_", "-")
    if here == version:
        return None
    major, minor = [*version.split("."), "0"][:2]
    upper = f"{major}.{int(minor) + 1}" if minor.isdigit() else str(int(major) + 1)
    return f"{distribution} {version} (here is {here})", f"{distribution}>={version},<{upper}"
