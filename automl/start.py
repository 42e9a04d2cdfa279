"""From a table to a pipeline for it: read, look, draft, write, check."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from automl.attribution import named_errors
from automl.columns import Kind
from automl.components import Reader, Recognised
from automl.draft_file import write_draft
from automl.errors import DataError, PluginError, did_you_mean
from automl.labels import with_positive_last
from automl.learning import TaskKind
from automl.named_file import existing_file
from automl.params import Params
from automl.pipeline_file import loads
from automl.pipeline_file.naming import derived_name
from automl.plugins import Registry
from automl.presets import Because, Draft, Means, Preset
from automl.table_profile import TableProfile, profile_table


@dataclass(frozen=True)
class Request:
    """What a person asks for.

    Attributes:
        path: the table, from the working folder; its suffix chooses the reader.
        target: the column to predict.
        task: what it is; inferred if None.
        ids: columns that name a row.
        ignore: columns to leave out.
        reader: parameters of the reader, such as a separator.
        missing: texts that mean "no value", beside the empty cell; None: the defaults.
        kinds: of columns that would be refused as they are.
        seed: of the pipeline.
        name: of the pipeline; the table's if None.
        positive: of two classes the one that is called positive; the later one if None.
    """

    path: str
    target: str
    task: TaskKind | None = None
    ids: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    reader: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] | None = None
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    seed: int = 42
    name: str | None = None
    positive: str | None = None


@dataclass(frozen=True)
class Start:
    """A pipeline that was drafted, written and found right: its text, and what was chosen."""

    text: str
    draft: Draft


def recognise_form(request: Request, registry: Registry) -> tuple[Request, Recognised]:
    """Look into the file for the parameters of its reader that were not given.

    Returns:
        The request with them, and what was found.

    Raises:
        PluginError: no reader takes the file.
        DataError: there is no such file, or the reader has no such parameter.
    """
    reader, params = _reader(request, registry)
    with named_errors(reader, "recognise", "reader"):
        found = reader.recognise(params)
    # Read in the table's notation, such a column would be refused: it stays text, and the file says so.
    kinds: dict[str, Kind] = {name: "categorical" for name in found.unread if name != request.target}
    return replace(request, reader={**request.reader, **found.params}, kinds=kinds), found


def look_at(request: Request, registry: Registry) -> TableProfile:
    """Read the table and look at it.

    Raises:
        PluginError: no reader takes the file.
        DataError: it cannot be read that way, or its target cannot be predicted.
    """
    reader, params = _reader(request, registry)
    opened = reader(params)
    with named_errors(reader, "read", "reader"):
        frame = opened.read()
    with named_errors(reader, "notation", "reader"):
        notation = opened.notation()
    return profile_table(
        frame,
        request.target,
        task=request.task,
        ids=request.ids,
        ignore=request.ignore,
        notation=notation,
        missing=request.missing,
        kinds=request.kinds,
    )


def no_reader(path: str, registry: Registry) -> PluginError:
    """That no reader takes the file by its name."""
    suffixes = [s for offer in registry.offers() if offer.family == "readers" for s in offer.record.suffixes]
    if not suffixes:
        return PluginError("no reader is installed; mend: leave --no-plugins out")
    return PluginError(
        f"no reader takes {path!r}; expected a suffix among {', '.join(sorted(suffixes))}; "
        "mend: convert the table, or write a pipeline file that names its reader (data.use)"
    )


def _reader(request: Request, registry: Registry) -> tuple[type[Reader], Params]:
    """Who reads the table, and its parameters."""
    name = registry.reader_for(request.path)
    if name is None:
        existing_file(request.path)
        raise no_reader(request.path, registry)
    reader: type[Reader] = registry.get("readers", name)
    return reader, reader_params(reader, {**request.reader, "path": request.path})


def reader_params(reader: type[Reader], given: Mapping[str, Any]) -> Params:
    """The parameters of a reader as options gave them. Raises DataError naming the one that is wrong."""
    try:
        return reader.Params.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        unknown = first["type"] == "extra_forbidden"
        said = "there is no such parameter" if unknown else first["msg"]
        hint = did_you_mean(where, reader.Params.model_fields) if unknown else None
        raise DataError(
            f"{reader.id}: {where}: {said}{f'; {hint}' if hint else ''}; see: automl plugins show {reader.id}"
        ) from error


def draft_pipeline(
    request: Request,
    table: TableProfile,
    registry: Registry,
    *,
    preset: str,
    seconds: float | None = None,
    opening: Sequence[str] = (),
) -> Start:
    """Draft a pipeline for a table that was looked at, write it, and check it as any file is checked.

    Args:
        request: what was asked for.
        table: what was found.
        registry: what a draft may build on.
        preset: the id of a preset.
        seconds: how long the search may take; None leaves it to the preset.
        opening: lines of the comment at the file's top.

    Raises:
        PluginError: there is no such preset, or too little is installed for it.
        DataError: the table leaves nothing to learn from.
    """
    kind: type[Preset] = registry.get("presets", preset)
    with named_errors(kind, "draft", "preset"):
        draft = kind().draft(table, Means.of(registry, seconds=seconds, processors=_processors()))
    stem = Path(request.path).name.split(".", 1)[0]
    head = {"version": 1, "name": request.name or derived_name(stem), "seed": request.seed}
    data: dict[str, Any] = {"path": request.path}
    if request.reader:
        data["with"] = dict(request.reader)
    data["target"] = request.target
    if request.positive is not None:
        if not table.target.classes:
            raise DataError(
                f"the target {request.target!r} makes a regression, which has no positive class; "
                "mend: leave --positive out, or --task binary"
            )
        with_positive_last(table.target.classes, request.positive, request.target, option=True)
        data["positive"] = request.positive
    if request.missing is not None:
        data["missing"] = list(dict.fromkeys(["", *request.missing]))
    text = write_draft(_with_kinds(draft, request), head=head, data=data, opening=opening)
    loads(text, registry)
    return Start(text, draft)


def _with_kinds(draft: Draft, request: Request) -> Draft:
    """The draft with the kinds that the request knows, beside those that the preset chose."""
    kinds = {name: kind for name, kind in request.kinds.items() if name not in (*request.ids, *request.ignore)}
    if not kinds:
        return draft
    data = dict(draft.sections.get("data", {}))
    chosen = data.get("kinds", {})
    why = f"Numbers written otherwise than elsewhere in the table: {', '.join(kinds)} stay texts."
    if isinstance(chosen, Because):
        why, chosen = f"{chosen.why} {why}", chosen.value
    data["kinds"] = Because({**kinds, **chosen}, why)
    return replace(draft, sections={**draft.sections, "data": data})


def nearest_preset(registry: Registry, seconds: float) -> str:
    """The preset that is made for a search of about this length. Raises PluginError if none is installed."""
    made_for = {name: registry.get("presets", name).seconds for name in registry.ids("presets")}
    if not made_for:
        raise PluginError("no preset is installed; mend: leave --no-plugins out, or install a plugin that offers one")
    return min(made_for, key=lambda name: abs(math.log(made_for[name] / seconds)))


def _processors() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
