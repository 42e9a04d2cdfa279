"""Texts of ``automl plugins list`` and ``automl plugins show``."""

from __future__ import annotations

import inspect
import json

from automl.components import Component
from automl.described import described
from automl.errors import PluginError, did_you_mean
from automl.params import Params
from automl.plugins import Offer, Registry


def listing(registry: Registry, *, as_json: bool) -> str:
    """All offers, family by family; broken plugins at the end."""
    offers = list(registry.offers())
    if as_json:
        rows = [
            {"family": o.family, "id": o.record.id, "plugin": o.plugin.name, "version": o.plugin.version,
             "summary": o.record.summary, "extra": o.record.extra}
            for o in offers
        ]  # fmt: skip
        return json.dumps(rows, indent=1)
    width = max(len(offer.record.id) for offer in offers)
    lines: list[str] = []
    for family in dict.fromkeys(offer.family for offer in offers):
        lines += ["", family]
        for offer in offers:
            if offer.family == family:
                lines.append(f"  {offer.record.id:<{width}}  {offer.record.summary}  ({offer.plugin.name})")
    return "\n".join([*lines[1:], *(f"\n{broken}" for broken in registry.set_aside)])


def describe(registry: Registry, name: str) -> str:
    """One component; raises PluginError with a suggestion if no family has it."""
    found = [offer for offer in registry.offers() if offer.record.id == name]
    if not found:
        hint = did_you_mean(name, (offer.record.id for offer in registry.offers()))
        raise PluginError(f"nothing here is called {name!r}{f'; {hint}' if hint else ''}; see: automl plugins list")
    return "\n\n".join(_describe(offer) for offer in found)


def _describe(offer: Offer) -> str:
    component, plugin = offer.record.load(), offer.plugin
    lines = [
        f"{offer.record.id}  ({offer.family}, from {plugin.name}: {plugin.distribution} {plugin.version})",
        "",
        inspect.cleandoc(component.__doc__ or offer.record.summary),
    ]
    params: type[Params] | None = getattr(component, "Params", None)
    if params is not None and params.model_fields:
        lines += ["", "parameters", *_parameters(params)]
    if inspect.isclass(component) and issubclass(component, Component):
        examples = [dict(example) for example in component.examples() if example]
        lines += ["", "example", f"  with: {json.dumps(examples[0])}"] if examples else []
    return "\n".join(lines)


def _parameters(params: type[Params]) -> list[str]:
    lines: list[str] = []
    for row in described(params):
        default = row.default if row.default == "required" else f"default {row.default}"
        about = "; ".join(part for part in (row.type, row.range, default) if part)
        lines += [f"  {row.name}  ({about})", f"      {row.meaning}"]
        if row.tuned:
            lines.append(f"      tunes over {row.tuned}")
    return lines
