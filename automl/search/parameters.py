"""What a pipeline file says of a search."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from automl.params import Params, param
from automl.quantities import Seconds
from automl.search.space import spelled_out


class Budget(Params):
    """When a search ends; whichever bound is met first."""

    trials: int | None = param(None, ge=1, description="The most trials to run, baselines not counted.")
    epochs: int = param(50, ge=1, description="The most epochs one trial trains; schedules are stretched over them.")
    total_epochs: int | None = param(
        None,
        ge=1,
        description="The most epochs of all trials together, baselines and a final refit not counted; a failed trial "
        "counts as one at least.",
    )
    time: Seconds | None = param(
        None, description="The most seconds the search takes, a final refit not counted: 90s, 10m, 1.5h."
    )

    @model_validator(mode="after")
    def _is_bounded(self) -> Budget:
        if self.trials is None and self.time is None and self.total_epochs is None:
            raise ValueError("a budget needs trials, total_epochs or time, or several of them")
        return self


class Tuner(Params):
    """A searcher by id, with its parameters."""

    use: str = param(description="Id of the searcher, e.g. random, hyperband, bayesian, optuna.tpe.")
    parameters: dict[str, Any] = param(default_factory=dict, alias="with", description="The searcher's parameters.")

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        return {"use": value} if isinstance(value, str) else value


class NetworkSearchParams(Params):
    network: str = param("mlp", description="Id of the network to search over.")
    tuner: Tuner = param(default_factory=lambda: Tuner(use="random"), description="What proposes trials.")
    objective: str | None = param(
        None, description="Id of the metric to optimise on the validation part; by default what suits the task."
    )
    budget: Budget = param(default_factory=lambda: Budget(trials=30), description="When the search ends.")
    space: dict[str, Any] | None = param(
        None, description="The space; by default every parameter that has a tuning range, over that range."
    )
    start_with: tuple[dict[str, Any], ...] = param(
        (),
        description="First guesses, tried before the tuner is asked: values in the notation of the file, "
        "e.g. {depth: 2, optimizer: {adamw: {learning_rate: 1e-3}}}. What a guess leaves out takes the middle of its "
        "range. The tuner learns from them.",
    )
    warm_start: Annotated[str, Field(json_schema_extra={"pattern": "^[0-9]"})] | None = param(
        None,
        description="The id of a run, which begins with its date: the tuner learns from its search over the same data "
        "and stages before it is asked. Not `last`, which means another run each time.",
    )
    max_parameters: int | None = param(
        None,
        ge=1,
        description="The most numbers that a network may learn; a trial with more of them is not trained and counts "
        "as failed. It does not bind a final refit.",
    )
    baselines: tuple[str, ...] = param(
        ("baseline.constant", "baseline.linear", "baseline.hist_gradient_boosting"),
        description="Learners that run first and stay on the leaderboard.",
    )
    patience: int | None = param(
        10, ge=1, description="Stop a trial after so many epochs without a better score; null never does."
    )
    in_flight: int = param(
        4, ge=1, le=1024, description="Trials under way at the same time; more workers than that would idle."
    )
    pack: int = param(
        1,
        ge=1,
        le=1024,
        description="How many trials a worker is handed at once, where they have the same rows and the same compiled "
        "code; the trials of a pack train side by side. `in_flight` must leave room for a pack per worker.",
    )
    order: Literal["fixed", "arrival"] = param(
        "fixed",
        description="`fixed`: trials are told in the order of their numbers, and the ledger depends on no timing; "
        "`arrival`: as they come, so that no worker waits for a slow trial.",
    )
    final: Literal["best", "refit"] = param(
        "best",
        description="The model: `best`: the winner's best weights, of each fold if there are folds; `refit`: one more "
        "training on training and validation rows together, up to the winner's best epoch.",
    )

    @field_validator("space")
    @classmethod
    def _in_full(cls, space: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if space is None else spelled_out(space)

    @field_validator("warm_start")
    @classmethod
    def _is_one_run(cls, name: str | None) -> str | None:
        if name is not None and not re.match("[0-9]", name):
            raise ValueError("expected the id of a run, which begins with its date; see: automl runs list")
        return name
