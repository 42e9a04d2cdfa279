"""One examination: the table is read once, every rule and every stage's own check looks at it, nothing is executed."""

from __future__ import annotations

import dataclasses
import functools
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from automl.advice.findings import Examination, Finding
from automl.advice.rule import Rule
from automl.advice.views import StageView, TableView
from automl.attribution import is_built_in, stage_called
from automl.components import Component, Splitter, Transform
from automl.errors import AutoMLError, DataError, PipelineFileError, PredictError, UnfitDataError, ValueLostError
from automl.events import AdviceGiven
from automl.fingerprint import seed_from
from automl.input_schema import InputSchema
from automl.pipeline_file import reach
from automl.pipeline_file.places import place_of
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.reach import Reach
from automl.pipeline_file.tree import Place
from automl.pipeline_file.variants import parameter_variants
from automl.plan import execute
from automl.plan.graph import DATA

if TYPE_CHECKING:
    import pandas as pd

    from automl.dataset import Dataset
    from automl.pipeline_file.declaration import Declaration, StageDeclaration
    from automl.plan.materialize import Plan
    from automl.plan.values import Values
    from automl.plugins import Offer, Registry

_log = logging.getLogger(__name__)

_REFUSALS = (DataError, PredictError)
"""What reading raises where the rows are not what the file says of them."""
REFUSED = "data.refused"
"""Name of the error that stands for what reading or splitting would raise."""


def advise(plan: Plan, targets: Collection[str]) -> None:
    """Examine before a run: announce every warning; errors stop the run before any stage but the reading executed.

    The plan reads the table, and so it is read once and stored.

    Args:
        plan: what is about to run.
        targets: the stages that are wanted; nothing is said of others.

    Raises:
        UnfitDataError: with every error that was found, each with its place in the file.
    """
    try:
        plan.materialize(DATA, {})
    except _REFUSALS as error:
        refuse(_settle([_refused(error, (DATA,))], plan.declaration), plan.declaration)
    examination = examine_data(plan, plan.graph.upstream(targets))
    for finding in examination.warnings:
        plan.announce(AdviceGiven(finding.name, finding.message, finding.where, str(finding)))
    refuse(examination, plan.declaration)


def refuse(examination: Examination, declaration: Declaration) -> None:
    """Raise UnfitDataError with the errors of an examination, if there are any."""
    problems = Problems()
    for finding in examination.errors:
        problems.add(
            f"{finding.message} [{finding.name}]",
            place_of(declaration, finding.path),
            finding.path,
            expected=finding.expected,
            found=finding.found,
            mend=finding.mend,
        )
    try:
        problems.throw()
    except PipelineFileError as error:
        raise UnfitDataError(error.problems) from None


def examine_data(values: Values, wanted: Collection[str] | None = None) -> Examination:
    """Look at the rows of a pipeline; executes no stage and stores nothing.

    Args:
        values: the pipeline over a store. A table that the store holds is not read again.
        wanted: the stages to look at; all of them if absent.

    Returns:
        What was found. Data that cannot be read is one error; there is nothing more to look at then.
    """
    declaration, registry = values.declaration, values.registry
    try:
        data, schema, record = _read(values)
    except _REFUSALS as error:
        return _settle([_refused(error, (DATA,))], declaration)
    found: list[Finding] = []
    stages = _look_at_stages(declaration, registry, data, wanted, found)
    table = TableView(
        declaration, registry, data, schema, record["rows_without_target"], stages, record.get("remarks", {})
    )
    for name in registry.ids("advice"):
        found += _ask(name, table)
    for stage in stages.values():
        found += _examine_stage(stage, registry)
    return _settle(found, declaration)


def _read(values: Values) -> tuple[Dataset, InputSchema, Mapping[str, Any]]:
    """The table as it is read, its schema, and the record of its reading."""
    entry = values.peek(DATA, {})
    if entry is not None:
        try:
            return entry.dataset, InputSchema.from_state(entry.state), entry.record
        except ValueLostError as error:
            _log.info("the stored table is read anew: %s", error)
    node = values.graph[DATA]
    assert node.data is not None
    reader: Any = node.component(node.parameters({}), seed_from(values.declaration.seed, node.component.id))
    read = execute.read(reader, node.data)
    return read.dataset, InputSchema.from_state(read.state), read.record


def _refused(error: AutoMLError, path: tuple[str | int, ...], who: str = "") -> Finding:
    message, mend = str(error).removeprefix(f"{who}: "), None
    if "; mend: " in message:
        message, mend = message.rsplit("; mend: ", 1)
    return Finding(message, path, mend=mend, severity="error", name=REFUSED)


def _look_at_stages(
    declaration: Declaration,
    registry: Registry,
    data: Dataset,
    wanted: Collection[str] | None,
    found: list[Finding],
) -> dict[str, StageView]:
    """What reaches each stage.

    Below a stage that refuses its rows, and below branches or tuned stages above the split, nothing is known: those
    stages are left out.
    """
    stages: dict[str, StageView] = {}
    leaving: dict[str, tuple[Reach, Dataset]] = {DATA: (Reach(tuple(data.named("feature"))), data)}
    for name, declared in declaration.stages.items():
        if any(above not in leaving for above in declared.inputs) or (wanted is not None and name not in wanted):
            continue
        variants = _variants(declared, registry)
        at = reach.join([leaving[above][0] for above in declared.inputs])
        seen = leaving[declared.inputs[0]][1]
        component = variants[0][0]
        given = Reach(())
        if issubclass(component, Transform) and not component.on_target:
            given = reach.selected(declared.columns, component.accepts, at, seen.kinds)
        inputs = [stages[above] for above in declared.inputs if above != DATA]
        if issubclass(component, Splitter | Transform) and seen.part is None:
            exact = len(declared.inputs) == 1 and len(variants) == 1
            after = _before_the_split(declared, variants[0], seen, declaration.seed, found) if exact else None
            if after is None:
                continue
            leaving[name] = (Reach(tuple(after.named("feature"))), after)
            seen = after if issubclass(component, Splitter) else seen
        elif issubclass(component, Transform):
            values = functools.partial(_training_rows, seen)
            below = at if component.on_target else reach.after(declared.columns, at, variants, seen.kinds, values)
            leaving[name] = (below, seen)
        else:
            leaving[name] = (at, seen)  # an evaluation sees what its search saw
        stages[name] = StageView(declared, variants, at, given, seen, inputs)
    return stages


def _training_rows(seen: Dataset, name: str) -> pd.Series:
    column: pd.Series = seen.frame[name] if seen.part is None else seen.frame[name][seen.part >= 0]
    return column


def _variants(declared: StageDeclaration, registry: Registry) -> list[tuple[type[Component], Any]]:
    """Each component that a stage may be, with parameters that it may have: all choices, both ends of a range."""
    uses = [(use.use, use.params) for use in declared.choices] or [(declared.use, declared.params)]
    found: list[tuple[type[Component], Any]] = []
    for use, params in uses:
        component = registry.get("components", use)
        found += [(component, variant) for variant in parameter_variants(component.Params, params)]
    return found


def _before_the_split(
    declared: StageDeclaration,
    variant: tuple[type[Component], Any],
    data: Dataset,
    seed: int,
    found: list[Finding],
) -> Dataset | None:
    """Split, and run what stands above the split: it learns from no rows and costs little. None if it is refused."""
    component, params = variant
    who = stage_called(declared.name, component)
    part: Any = component(params, seed_from(seed, component.id))
    try:
        if issubclass(component, Splitter):
            return execute.split(part, data, who).dataset
        return execute.transform(part, data, declared.columns, who).dataset
    except AutoMLError as error:
        place = f"stages.{declared.name}" if not is_built_in(component) else who  # whose it is has to be told
        found.append(_refused(error, ("stages", declared.name), place))
        return None


def _ask(name: str, table: TableView) -> Iterator[Finding]:
    """A rule's findings under its name; one that raises is told of, and costs nobody the others."""
    advice = table.declaration.advice
    try:
        rule: Rule = table.registry.get("advice", name)()
        severe = rule.is_leak and advice.strict and name not in advice.silence
        for finding in rule.findings(table):
            yield dataclasses.replace(finding, name=name, severity="error" if severe else finding.severity)
    except Exception as error:  # noqa: BLE001 - a stranger's rule may raise anything
        yield _broken(name, table.registry.offer("advice", name), error, ())


def _examine_stage(stage: StageView, registry: Registry) -> list[Finding]:
    """What a stage's components find against their own parameters.

    An error under some of the values that a search may try fails those trials, not the run: a warning.
    """
    counts: dict[Finding, int] = {}
    for component, params in stage.variants:
        try:
            told = [
                dataclasses.replace(
                    finding, name=f"{component.id}.{finding.name}", path=("stages", stage.name, *finding.path)
                )
                for finding in component.examine(params, stage)
            ]
        except Exception as error:  # noqa: BLE001 - a stranger's component may raise anything
            offer = registry.offer("components", component.id)
            told = [_broken(component.id, offer, error, ("stages", stage.name))]
        for finding in dict.fromkeys(told):
            counts[finding] = counts.get(finding, 0) + 1
    everywhere = len(stage.variants)
    return [
        finding
        if finding.severity == "warning" or count == everywhere
        else dataclasses.replace(finding, severity="warning", reason="trials that try this value will fail")
        for finding, count in counts.items()
    ]


def _broken(name: str, offer: Offer, error: Exception, path: tuple[str | int, ...]) -> Finding:
    return Finding(
        f"the check failed with {type(error).__name__}: {error}",
        path,
        reason="nothing was checked there; the fault is the plugin's, and not the file's",
        mend=f"tell the author of {offer.plugin}",
        name=name,
    )


def _settle(found: Iterable[Finding], declaration: Declaration) -> Examination:
    """Leave out what is silenced, say where the rest is; errors first, then in the order of the file."""
    silenced: dict[str, None] = {}
    told: list[tuple[bool, int, int, Finding]] = []
    for finding in dict.fromkeys(found):
        is_warning = finding.severity == "warning"
        if is_warning and finding.name in declaration.advice.silence:
            silenced[finding.name] = None
            continue
        place = place_of(declaration, finding.path)
        told.append((is_warning, place.line, place.column, dataclasses.replace(finding, where=_shown(place))))
    told.sort(key=lambda placed: placed[:3])
    return Examination([placed[3] for placed in told], list(silenced))


def _shown(place: Place) -> str:
    source = place.source
    return f"{source.name}:{place.line}:{place.column}" if source.lines else source.name
