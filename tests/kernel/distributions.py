"""Distributions as an installer leaves them: modules, and metadata with entry points."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

HEAD = "from automl.hookspecs import hookimpl\nfrom automl.records import Record\n"


def write_metadata(site: Path, distribution: str, version: str, points: Mapping[str, str]) -> None:
    """The metadata of ``distribution``, whose entry points in the group ``automl`` are ``points``."""
    info = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text("\n".join(["[automl]", *(f"{k} = {v}" for k, v in points.items())]))


def install(site: Path, code: str, name: str = "acme", version: str = "1.2") -> None:
    """Install the distribution ``automl-<name>`` with one module, ``automl_<name>``."""
    write_metadata(site, f"automl-{name}", version, {name: f"automl_{name}"})
    (site / f"automl_{name}.py").write_text(code)


def offering(family: str, *ids: str, code: str = "a:B") -> str:
    """A module that offers these ids among one family."""
    records = ", ".join(f"Record({name!r}, {code!r}, 'Says {name}.')" for name in ids)
    return f"{HEAD}@hookimpl\ndef automl_{family}():\n    return [{records}]\n"
