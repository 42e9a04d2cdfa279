"""``search.network``: the stage that searches for the best network, baselines beside it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from automl import events
from automl.advice.findings import Finding
from automl.attribution import named_errors, whose
from automl.components import Stage
from automl.errors import PlanError, PluginError, SearchError
from automl.fingerprint import seed_from
from automl.learning import Learner, Metric, Network, Task, TaskKind
from automl.model import SearchResult, TrialRecord, ranked
from automl.plugins import Registry
from automl.search.configuration import (
    Configuration,
    ModelSpace,
    check_guesses,
    check_space,
    has_own_space,
    in_words,
)
from automl.search.context import SearchContext, Subgraph
from automl.search.contracts import Brief, Objective, Proposal, Searcher
from automl.search.desk import Desk
from automl.search.limits import Limits
from automl.search.loop import ArrivalOrder, Bounds, FixedOrder, Ledger, Loop, Order
from automl.search.parameters import Budget, NetworkSearchParams
from automl.search.space import Space
from automl.search.thinking import Thinking
from automl.search.untrained import untrained
from automl.search.warm_start import lessons

DEFAULT_OBJECTIVE: Mapping[TaskKind, str] = {"regression": "rmse", "binary": "roc_auc", "multiclass": "log_loss"}


class NetworkSearch(Stage):
    """Search for the network that predicts best, with baselines beside it."""

    id = "search.network"
    stochastic = True
    consumes = "open"
    Params = NetworkSearchParams

    @classmethod
    def check(cls, params: Any, registry: Registry) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """What only the installed plugins can tell: unknown ids, and a space that does not fit the network."""
        if params.objective:
            yield from _unknown(registry, "objective", "metrics", params.objective)
        for baseline in params.baselines:
            yield from _unknown(registry, "baselines", "learners", baseline)
        try:
            searcher: type[Searcher] = registry.get("searchers", params.tuner.use)
            searcher.Params.model_validate(params.tuner.parameters)
        except PluginError as error:
            yield ("tuner",), str(error)
        except ValidationError as error:
            for found in error.errors(include_url=False):
                told = in_words(found, searcher.Params)
                yield ("tuner", "with", *found["loc"]), f"{params.tuner.use}: {told}"
        try:
            network: type[Network] = registry.get("networks", params.network)
            learner: type[Learner] = registry.get("learners", network.learner)
        except PluginError as error:
            yield ("network",), str(error)
        else:
            for path, message in check_space(network, learner, params.space or {}):
                yield ("space", *path), message
            for place, message in check_guesses(network, learner, params.space, params.start_with):
                yield ("start_with", *place), message

    @classmethod
    def unfit(
        cls,
        params: Any,
        registry: Registry,
        upstream: Mapping[str, Any],
        conditions: Mapping[str, tuple[str, str]],
        folds: int,
    ) -> Iterable[Finding]:
        """What the tuner finds against the space, as far as the space is known without an engine."""
        network: type[Network] = registry.get("networks", params.network)
        if has_own_space(network):
            return ()
        try:
            space = ModelSpace(params.network, params.space, upstream, conditions, registry).space
        except (PlanError, ValueError) as error:
            return (Finding(str(error), ("with", "space"), severity="error"),)
        return _told_by_tuner(params, registry, space, folds)

    def run(self, source: Subgraph, context: SearchContext) -> SearchResult:
        started = time.monotonic()
        params: NetworkSearchParams = self.params
        budget = params.budget
        objective = self._objective(source.task, context.registry)
        self._check_targets(source.task, context.registry)
        model = ModelSpace(params.network, params.space, source.space, source.conditions, context.registry)
        guesses = self._guesses(model)
        for finding in _told_by_tuner(
            params, context.registry, model.space, len([f for f in source.folds if f is not None])
        ):
            if finding.severity == "error":
                raise SearchError(f"{finding.message}; mend: {finding.mend}")
        searcher: type[Searcher] = context.registry.get("searchers", params.tuner.use)
        learner: type[Learner] = context.registry.get("learners", model.learner)
        with named_errors(searcher, "making it", "tuner"):
            made = searcher(searcher.Params.model_validate(params.tuner.parameters), context.seed)
        thinking = Thinking(made)
        seconds = _seconds(budget.time, started, context.deadline)
        limits = Limits(budget.epochs, params.patience, params.max_parameters, seconds, started, params.pack)
        desk = Desk(source, context, objective, limits, thinking)
        context.announce(
            events.SearchStarted(
                context.stage,
                objective.metric,
                objective.greater_is_better,
                params.tuner.use,
                budget.trials,
                budget.epochs,
                seconds,
                model.space.describe(),
                context.executor().workers,
                budget.total_epochs,
                model.space.to_state(),
            )
        )
        try:
            # Loading a tuner's library may take seconds: it is begun first, and the baselines train meanwhile.
            brief = Brief(model.space, objective, budget.trials, budget.epochs, context.seed, guesses)
            begun = [thinking.start(brief)]
            if params.warm_start is not None:
                earlier = context.earlier(params.warm_start)
                begun += [thinking.learn(*lesson) for lesson in lessons(earlier, model, objective, source.recipe)]
            baselines = self._baselines(model, source.task, context)
            # A slow one may take all the time that there is: all but the first, which is cheap, come after networks.
            early, late = (baselines, []) if seconds is None else (baselines[:1], baselines[1:])
            for baseline in early:
                desk.submit(baseline)
            for answer in begun:
                desk.wait_for(answer)
            loop = Loop(
                thinking,
                desk,
                lambda number, first, proposal: self._configuration(number, first, proposal, model, context),
                Bounds(budget.trials, budget.epochs, budget.total_epochs, params.in_flight, learner.epochwise),
                self._order(desk, source.recipe, context),
                guesses,
            )
            ledger = loop.run([baseline.name for baseline in early], late)
        except Exception as error:
            try:
                desk.abandon()  # another search of this run may use the executor next
            except Exception as another:  # noqa: BLE001 - the first error is the one to tell
                error.add_note(f"its trials could not be ended either: {another}")
            raise
        finally:
            thinking.end()
        result = self._result(ledger, desk, source, objective, model, context, seconds or 0.0)
        took = time.monotonic() - started
        context.announce(
            events.SearchFinished(context.stage, result, took, context.executor().workers, dict(desk.parts))
        )
        return result

    @classmethod
    def uses(cls, params: Any, registry: Registry) -> Iterable[tuple[str, str]]:
        """The network and its learner, the tuner, the baselines, and the metrics that may be the objective."""
        network: type[Network] = registry.get("networks", params.network)
        yield "networks", params.network
        yield "learners", network.learner
        yield "searchers", params.tuner.use
        yield from (("learners", name) for name in params.baselines)
        objectives = [params.objective] if params.objective else DEFAULT_OBJECTIVE.values()
        yield from (("metrics", name) for name in objectives if name in registry.ids("metrics"))

    @classmethod
    def metrics(cls, params: Any, task: TaskKind | None) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """The objective."""
        if params.objective:
            yield ("objective",), params.objective
        elif task is not None:
            yield (), DEFAULT_OBJECTIVE[task]

    @classmethod
    def outlook(
        cls, params: Any, registry: Registry, upstream: Mapping[str, Any], conditions: Mapping[str, tuple[str, str]]
    ) -> Sequence[str]:
        """How many trials there will be, and how large the space is."""
        budget: Budget = params.budget
        trials = f"up to {_counted(budget.trials, 'trial')}" if budget.trials else "as many trials as the budget allows"
        time_bound = f", {_counted(budget.total_epochs, 'epoch')} in all" if budget.total_epochs else ""
        time_bound += f", within {budget.time:g} s" if budget.time else ""
        space = ModelSpace(params.network, params.space, upstream, conditions, registry).space
        count, continuous = space.combinations()
        discrete = f"{_counted(count, 'combination')} of the discrete ones" if len(space) > continuous else ""
        reals = f"{continuous} continuous" if continuous else ""
        work = f"{trials} of up to {_counted(budget.epochs, 'epoch')}{time_bound}"
        size = ", ".join(filter(None, (discrete, reals))) or "one point"
        return (
            f"{work}, and {_counted(len(params.baselines), 'baseline')}",
            f"a space of {_counted(len(space), 'dimension')}: {size}",
        )

    def _objective(self, task: Task, registry: Registry) -> Objective:
        metric: type[Metric] = registry.get("metrics", self.params.objective or DEFAULT_OBJECTIVE[task.kind])
        if task.kind not in metric.tasks:
            raise PlanError(
                f"objective {metric.id!r} is defined for {', '.join(sorted(metric.tasks))}, but the target "
                f"{task.target!r} makes a {task.kind} task; mend: objective: {DEFAULT_OBJECTIVE[task.kind]}"
            )
        return Objective(metric.id, metric.greater_is_better)

    def _check_targets(self, task: Task, registry: Registry) -> None:
        learner = registry.get("networks", self.params.network).learner
        if task.more_targets and not registry.get("learners", learner).several_targets:
            raise PlanError(
                f"the learner {learner!r} of network {self.params.network!r} takes one target, "
                f"found {', '.join(task.targets)}; mend: another network, or a pipeline for each target"
            )

    def _guesses(self, model: ModelSpace) -> list[Mapping[str, Any]]:
        """The first guesses as complete values; raises SearchError at one that is not in the space."""
        found: list[Mapping[str, Any]] = []
        for place, guess in enumerate(self.params.start_with):
            try:
                found.append(model.space.read(guess))
            except ValueError as error:
                raise SearchError(f"start_with[{place}]: {error}") from error
        return found

    def _order(self, desk: Desk, recipe: str, context: SearchContext) -> Order:
        if self.params.order == "fixed":
            return FixedOrder()
        # Without the budget: a longer search goes on from the ledger of the shorter one.
        asked = {**self.params.identity(), "budget": self.params.budget.epochs}
        return ArrivalOrder(desk, context.memory, {"ledger": asked, "seed": context.seed, "upstream": recipe})

    def _baselines(self, model: ModelSpace, task: Task, context: SearchContext) -> list[Configuration]:
        """The baselines, on the first value of every tuned stage upstream."""
        defaults = model.first_bindings()
        found: list[Configuration] = []
        for name in self.params.baselines:
            learner: type[Learner] = context.registry.get("learners", name)
            if task.kind in learner.tasks and (learner.several_targets or not task.more_targets):
                seed = seed_from(context.seed, name)
                number = -len(found)
                found.append(Configuration(name, number, seed, name, {}, self.params.budget.epochs, bindings=defaults))
        return found

    def _configuration(
        self, number: int, first: int, proposal: Proposal, model: ModelSpace, context: SearchContext
    ) -> Configuration:
        try:
            model.space.check(proposal.values)
        except ValueError as error:
            searcher = context.registry.get("searchers", self.params.tuner.use)
            raise SearchError(f"{whose(searcher, 'tuner')}: ask proposed for trial {number} {error}") from error
        values = model.space.complete(proposal.values)
        learner, network = model.parameters(values)
        return Configuration(
            name=f"t{number}",
            number=number,
            seed=seed_from(context.seed, first),
            learner=model.learner,
            parameters=learner,
            epochs=proposal.epochs or self.params.budget.epochs,
            network=model.network,
            network_parameters=network,
            values={name: value for name, value in values.items() if model.is_own(name)},
            bindings=model.bindings(values),
            continues=proposal.continues,
            resumable=proposal.resumable,
        )

    def _result(
        self,
        ledger: Ledger,
        desk: Desk,
        source: Subgraph,
        objective: Objective,
        model: ModelSpace,
        context: SearchContext,
        seconds: float,
    ) -> SearchResult:
        done = [trial for trial in ledger.trials if trial.status == "finished"]
        networks = [trial for trial in done if not trial.is_baseline]
        best = ranked(networks or done, objective.greater_is_better)
        winner = best[0] if best else None
        tried = [trial for trial in ledger.trials if not trial.is_baseline]
        failed = [trial for trial in tried or ledger.trials if trial.error]
        in_time = networks or failed or ledger.stopped_by != "time"
        # A baseline as the winner would hide that nothing which was asked for works.
        if in_time and not networks:
            raise _all_failed(failed, ledger)
        heads = desk.refit if networks and self.params.final == "refit" else desk.heads
        result = (
            None
            if winner is None
            else SearchResult(
                task=source.task,
                objective=objective.metric,
                greater_is_better=objective.greater_is_better,
                winner=winner.name,
                heads=heads(winner.name),
                baselines={trial.name: heads(trial.name) for trial in done if trial.is_baseline},
                trials=ledger.trials,
                space=model.space.describe(),
                stopped_by=ledger.stopped_by,
                upstream=source.recipe,
            )
        )
        if networks and result is not None:
            return result
        needed = desk.pace.enough(seconds, self.params.budget.epochs, len(source.folds))
        raise untrained(context.stage, seconds, needed, desk.pace, result, beside=context.beside)


def _told_by_tuner(params: NetworkSearchParams, registry: Registry, space: Space, folds: int) -> list[Finding]:
    searcher: type[Searcher] = registry.get("searchers", params.tuner.use)
    with named_errors(searcher, "unfit", "tuner"):
        found = searcher.unfit(
            searcher.Params.model_validate(params.tuner.parameters),
            space,
            params.budget.trials,
            params.budget.epochs,
            folds,
        )
        return [replace(finding, path=("with", "tuner", *finding.path)) for finding in found]


def _seconds(budget: float | None, started: float, deadline: float | None) -> float | None:
    """The seconds of a search: those of its budget, and none beyond the moment at which the run has to close."""
    if deadline is None:
        return budget
    left = max(deadline - started, 0.0)
    return left if budget is None else min(budget, left)


def _all_failed(failed: list[TrialRecord], ledger: Ledger) -> SearchError:
    if not failed:
        return SearchError(
            f"no trial was trained to its end (the search was stopped by: {ledger.stopped_by}); mend: a larger budget, "
            "or another tuner"
        )
    return SearchError(
        f"{'the only trial' if len(failed) == 1 else f'all {len(failed)} trials'} failed"
        f"{'' if len(failed) == 1 else '; the first'}: {failed[0].name}: {failed[0].error}",
        failures=len(failed),
        first=failed[0].error,
    )


def _unknown(registry: Registry, key: str, family: str, name: str) -> Iterable[tuple[tuple[str], str]]:
    try:
        registry.offer(family, name)
    except PluginError as error:
        yield (key,), str(error)


def _counted(number: int, what: str) -> str:
    """``1 trial``, ``1,296 trials``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
