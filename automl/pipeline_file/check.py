"""A pipeline file, laid together, checked against the plugins and the data's header, becomes a Declaration."""

from __future__ import annotations

from collections.abc import Mapping

from automl.errors import PlanError
from automl.pipeline_file.advice import check_silenced
from automl.pipeline_file.declaration import AdviceDeclaration, Declaration, StageDeclaration, Use
from automl.pipeline_file.flow import check_flow, check_tuned, order
from automl.pipeline_file.interpolation import interpolate
from automl.pipeline_file.names import check_names
from automl.pipeline_file.parts import check_use
from automl.pipeline_file.places import place_of
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.secrets import from_environment, masked, refuse_passwords
from automl.pipeline_file.sections import FileSection
from automl.pipeline_file.stages import CheckedStage, check_stage
from automl.pipeline_file.table import check_table
from automl.pipeline_file.tasks import check_tasks
from automl.pipeline_file.tree import Fields, Path, find, plain
from automl.pipeline_file.validation import section
from automl.pipeline_file.writing import dump
from automl.plugins import Registry

DEFAULT_EXECUTOR = "local"


def declare(
    layered: Fields,
    registry: Registry,
    environment: Mapping[str, str],
    problems: Problems,
    *,
    name: str,
    source: str | None,
    header: bool,
) -> Declaration:
    """Check everything that can be checked without reading rows.

    Args:
        layered: the file with all layers merged.
        registry: what may be named.
        environment: what ``${env:...}`` reads.
        problems: takes every mistake, and may hold some already.
        name: the pipeline's name if the file gives none.
        source: the file.
        header: whether to ask the reader for the names of the columns.

    Raises:
        PipelineFileError: with all mistakes.
    """
    tree = interpolate(layered, environment, problems)
    refuse_passwords(tree, problems)
    top, _ = section(FileSection, tree, (), problems)
    tree = tree.without("vars")
    table = check_table(tree, registry, problems, header=header)
    stages = _stages(tree, registry, problems)
    names = order(stages, problems)
    check_flow(names, stages, problems)
    check_tuned(stages, problems)
    check_tasks(stages, table, registry, problems)
    if table is not None:
        check_names(names, stages, table, problems)
    if top is not None:
        check_silenced(top.advice.silence, tree, stages, registry, problems)
    executor, track, hidden = _run(tree, registry, problems)
    problems.throw()
    assert top is not None
    assert table is not None
    parts = [part for stage in stages.values() for part in stage.choices or (stage.part,) if part]
    secrets = [*table.secrets, *hidden, *(path for part in parts for path in part.secrets)]
    tree = masked(tree, dict.fromkeys([*secrets, *from_environment(tree)]))
    declaration = Declaration(
        name=top.name or name,
        seed=top.seed,
        data=table.declaration,
        stages={stage: _declared(stages[stage]) for stage in names},
        executor=executor,
        track=track,
        text=dump(plain(tree)),
        source=source,
        advice=AdviceDeclaration(tuple(top.advice.silence), top.advice.strict),
        tree=tree,
        scratch=top.run.store.scratch,
        store_size=top.run.store.size,
    )
    _check_searches(declaration, registry, problems)
    problems.throw()
    return declaration


def _check_searches(declaration: Declaration, registry: Registry, problems: Problems) -> None:
    """A tuner that cannot search what it is given is a mistake in the file; it takes the whole graph to see it."""
    from automl.plan.fits import unfit
    from automl.plan.graph import Graph

    try:
        graph = Graph(declaration, registry)
    except PlanError:
        return  # a stage of a kind of its own, which a run refuses
    for stage, finding in unfit(graph, registry):
        if finding.severity == "error":
            path = ("stages", stage, *finding.path)
            problems.add(
                finding.message,
                place_of(declaration, path),
                path,
                expected=finding.expected,
                found=finding.found,
                mend=finding.mend,
            )


def _stages(tree: Fields, registry: Registry, problems: Problems) -> dict[str, CheckedStage]:
    node = tree.get("stages")
    if not isinstance(node, Fields):
        return {}
    return {
        name: check_stage(
            name, entry.value, entry.key, [other for other in node.entries if other != name], registry, problems
        )
        for name, entry in node.entries.items()
    }


def _run(tree: Fields, registry: Registry, problems: Problems) -> tuple[Use, tuple[Use, ...], list[Path]]:
    """The executor, the observers, and where secrets of theirs stand."""
    executor = Use(DEFAULT_EXECUTOR)
    secrets: list[Path] = []
    found = find(tree, ("run", "executor"))
    if found.path == ("run", "executor") and plain(found.node) is not None:
        checked = check_use("executors", found.node, found.path, registry, problems)
        if checked:
            executor = Use(checked[0], checked[1].written)
            secrets += checked[1].secrets
    listed = tree.get("track")
    observers: list[Use] = []
    for index, value in enumerate(getattr(listed, "values", ())):
        checked = check_use("observers", value, ("track", index), registry, problems)
        if checked:
            observers.append(Use(checked[0], checked[1].written))
            secrets += checked[1].secrets
    return executor, tuple(observers), secrets


def _declared(stage: CheckedStage) -> StageDeclaration:
    assert stage.section is not None
    assert stage.part is not None
    keys = stage.section
    return StageDeclaration(
        name=stage.name,
        use=stage.part.component.id,
        inputs=stage.inputs,
        columns=keys.columns,
        params=stage.part.written,
        resources=keys.resources.model_dump(exclude_unset=True) if keys.resources else {},
        attempts=keys.retry.attempts,
        seconds=keys.time,
        choices=tuple(Use(part.component.id, part.written) for part in stage.choices),
        gate=keys.gate,
    )
