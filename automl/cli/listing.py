"""Texts of ``automl plugins list`` and ``automl plugins show``."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Mapping
from typing import Any

import click

from automl.components import Component
from automl.described import described, flow
from automl.errors import PluginError, did_you_mean
from automl.params import Params
from automl.plugins import Offer, Registry


def listing(registry: Registry, *, as_json: bool) -> str:
    """All offers, family by family; broken plugins at the end."""
    offers = list(registry.offers())
    if as_json:
        return json.dumps([_row(offer) for offer in offers], indent=1)
    width = max(len(offer.record.id) for offer in offers)
    lines: list[str] = []
    for family in dict.fromkeys(offer.family for offer in offers):
        lines += ["", family]
        for offer in offers:
            if offer.family == family:
                lines.append(f"  {offer.record.id:<{width}}  {offer.record.summary}  ({offer.plugin.name})")
    return "\n".join([*lines[1:], *(f"\n{broken}" for broken in registry.set_aside)])


def _row(offer: Offer) -> dict[str, Any]:
    return {
        "family": offer.family,
        "id": offer.record.id,
        "plugin": offer.plugin.name,
        "distribution": offer.plugin.distribution,
        "version": offer.plugin.version,
        "summary": offer.record.summary,
        "requires": list(offer.record.requires),
        "extra": offer.record.extra,
    }


def describe(registry: Registry, name: str, *, as_json: bool = False) -> str:
    """What is offered under an id; raises PluginError with a suggestion if no family has it."""
    found = [offer for offer in registry.offers() if offer.record.id == name]
    if not found:
        hint = did_you_mean(name, (offer.record.id for offer in registry.offers()))
        raise PluginError(f"nothing here is called {name!r}{f'; {hint}' if hint else ''}; see: automl plugins list")
    if as_json:
        return json.dumps([_document(offer) for offer in found], indent=1)
    return "\n\n".join(_describe(offer) for offer in found)


def _document(offer: Offer) -> dict[str, Any]:
    params = _params(offer)
    rows = [dataclasses.asdict(row) for row in described(params)] if params else []
    return {**_row(offer), "about": _about(offer), "parameters": rows, "example": example(offer)}


def _describe(offer: Offer) -> str:
    plugin, params = offer.plugin, _params(offer)
    lines = [
        f"{offer.record.id}  ({offer.family}, from {plugin.name}: {plugin.distribution} {plugin.version})",
        "",
        _about(offer),
    ]
    if params is not None and params.model_fields:
        lines += ["", "parameters", *_parameters(params)]
    lines += ["", "example", *(f"  {line}" for line in example(offer).splitlines())]
    return "\n".join(lines)


def _about(offer: Offer) -> str:
    found = offer.record.load_to_describe()
    said = found.help if isinstance(found, click.Command) else found.__doc__
    return inspect.cleandoc(said or offer.record.summary)


def _params(offer: Offer) -> type[Params] | None:
    return getattr(offer.record.load_to_describe(), "Params", None)


def _parameters(params: type[Params]) -> list[str]:
    lines: list[str] = []
    for row in described(params):
        default = row.default if row.default == "required" else f"default {row.default}"
        about = "; ".join(part for part in (row.type, row.range, default) if part)
        lines += [f"  {row.name}  ({about})", f"      {row.meaning}"]
        if row.tuned:
            lines.append(f"      tunes over {row.tuned}")
    return lines


def example(offer: Offer) -> str:
    """How a pipeline file names an offer, in the place that its family has there."""
    name, found = offer.record.id, offer.record.load_to_describe()
    given = _first_example(found)
    use = {"use": name, "with": given} if given else name
    match offer.family:
        case "components":
            return "\n".join([f"use: {name}", *([f"with: {flow(given)}"] if given else [])])
        case "readers":
            return f"data: {flow(_data(offer, given))}"
        case "networks":
            return "\n".join([f"network: {name}", *([f"space: {flow(given)}"] if given else [])])
        case "learners" if found.epochwise and given:
            return f"space: {flow(given)}"
        case "learners":
            return f"baselines: [{name}]"
        case "searchers":
            return f"tuner: {flow(use)}"
        case "executors":
            return f"run: {flow({'executor': use})}"
        case "observers":
            return f"track: [{flow(use)}]"
        case "metrics":
            return f"objective: {name}"
        case "presets":
            return f"automl init table.csv --target y --preset {name}"
        case "commands":
            return f"automl {name} --help"
        case _:
            return name


def _first_example(found: Any) -> Mapping[str, Any]:
    """The first of a component's own examples that sets something."""
    if not (inspect.isclass(found) and issubclass(found, Component)):
        return {}
    return next((dict(given) for given in found.examples() if given), {})


def _data(offer: Offer, given: Mapping[str, Any]) -> dict[str, Any]:
    """The ``data`` section with this reader: its own parameters stand under ``with``, but for the path."""
    section: dict[str, Any] = {"use": offer.record.id}
    if "path" in offer.record.load_to_describe().Params.model_fields:
        section["path"] = f"table{(offer.record.suffixes or ('',))[0]}"
    rest = {key: value for key, value in given.items() if key != "path"}
    return {**section, **({"with": rest} if rest else {}), "target": "y"}
