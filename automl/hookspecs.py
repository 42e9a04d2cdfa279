"""All hooks: what a plugin may offer, and what it may hear of.

Offers return lists of light records and import nothing heavy. Announcements return nothing and get one event each
(`automl.events`). The work of a stage is never a hook call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pluggy

if TYPE_CHECKING:
    from automl import events
    from automl.records import Record

PROJECT = "automl"
API: Final = 1
"""Number of these contracts. A plugin that needs a newer one says so (``AUTOML_API = 2`` in its module)."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Offers:
    """One hook per family; the family's ids are what a pipeline file may name.

    Each plugin is asked by itself, so that it is known whose an offer is. There is neither an order nor a call around
    them: `wrapper`, `tryfirst` and `trylast` are refused here.
    """

    @hookspec
    def automl_components(self) -> list[Record]:  # type: ignore[empty-body]
        """Offer transforms, splitters and stages: what ``stages.<name>.use`` names."""

    @hookspec
    def automl_readers(self) -> list[Record]:  # type: ignore[empty-body]
        """Offer readers: what ``data.use`` names, or the suffix of ``data.path`` chooses."""

    @hookspec
    def automl_learners(self) -> list[Record]:  # type: ignore[empty-body]
        """Offer learners: what trains, baselines included."""

    @hookspec
    def automl_networks(self) -> list[Record]:  # type: ignore[empty-body]
        """Offer networks: what ``network:`` in a search names."""

    @hookspec
    def automl_searchers(self) -> list[Record]:  # type: ignore[empty-body]
        """Offer searchers: what ``tuner:`` in a search names."""

    @hookspec
    def automl_executors(self) -> list[Record]:  # type: ignore[empty-body]
        """Offer executors: what ``run.executor`` names."""

    @hookspec
    def automl_observers(self) -> list[Record]:  # type: ignore[empty-body]
        """Offer observers: what ``track:`` names."""

    @hookspec
    def automl_metrics(self) -> list[Record]:  # type: ignore[empty-body]
        """Offer metrics: what ``objective:`` and ``gate:`` name."""

    @hookspec
    def automl_advice(self) -> list[Record]:  # type: ignore[empty-body]
        """Offer rules that look at the data before anything runs; ``advice.silence`` names them."""

    @hookspec
    def automl_presets(self) -> list[Record]:  # type: ignore[empty-body]
        """Offer presets: what ``automl init --preset`` names."""

    @hookspec
    def automl_commands(self) -> list[Record]:  # type: ignore[empty-body]
        """Offer commands: a ``click.Command`` each, called as ``automl ID``."""


class Announcements:
    """What happens in a run, told on the driver in the order in which it happened.

    Implementations are ordered and called by pluggy: `@hookimpl(tryfirst=True)` before all others, `trylast` after
    them, and a `wrapper` (or an old `hookwrapper`) around them. Else the observers of `track:` come in the order of the
    file, then plugins, the last loaded first. Each is shielded from the others: what one raises is reported, and a
    wrapper that fails is as if it were not there.
    """

    @hookspec
    def run_started(self, event: events.RunStarted) -> None:
        """A run begins; nothing was executed yet."""

    @hookspec
    def run_finished(self, event: events.RunFinished) -> None:
        """A run is done: its model, report and tables lie in its folder."""

    @hookspec
    def run_failed(self, event: events.RunFailed) -> None:
        """A run stopped with an error."""

    @hookspec
    def run_interrupted(self, event: events.RunInterrupted) -> None:
        """A run was ended by Ctrl-C or a signal; what was finished is kept, and the same call goes on from there."""

    @hookspec
    def advice_given(self, event: events.AdviceGiven) -> None:
        """The examination before a run warns of something; an error would have stopped the run."""

    @hookspec
    def stage_started(self, event: events.StageStarted) -> None:
        """A stage is about to execute, and why."""

    @hookspec
    def stage_finished(self, event: events.StageFinished) -> None:
        """A stage executed and its value is stored."""

    @hookspec
    def stage_cached(self, event: events.StageCached) -> None:
        """A stage's value was found in the store; nothing executed."""

    @hookspec
    def search_started(self, event: events.SearchStarted) -> None:
        """A search begins: its objective, budget, space and workers."""

    @hookspec
    def trial_started(self, event: events.TrialStarted) -> None:
        """A trial was asked for and handed to the executor."""

    @hookspec
    def trial_epoch(self, event: events.TrialEpoch) -> None:
        """A worker finished an epoch of a trial."""

    @hookspec
    def trial_finished(self, event: events.TrialFinished) -> None:
        """A trial was told: finished, failed, or found in the store."""

    @hookspec
    def search_finished(self, event: events.SearchFinished) -> None:
        """A search is done: its leaderboard."""


def families(kind: type) -> list[str]:
    """Names of the hooks of ``Offers`` or ``Announcements``."""
    return [name for name in vars(kind) if not name.startswith("_")]
