"""A test module over all that one plugin offers: what ``automl plugins test`` has pytest collect.

pytest imports it in a process of its own, so what to test comes in through the environment variable
`TESTED_VARIABLE`, as the JSON of `Assignment`. Each offer becomes a class called ``Test <family> <id>``.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from typing import Any, Final

import click

from automl.components import Component
from automl.errors import AutoMLError
from automl.plugins import Offer, Registry
from automl.testing.executors import ExecutorContract
from automl.testing.learner_contract import LearnerContract
from automl.testing.metric_contract import MetricContract
from automl.testing.network_contract import NetworkContract
from automl.testing.observer_contract import ObserverContract
from automl.testing.searcher_contract import SearcherContract
from automl.testing.stage_checks import StageCheck, parametrize_with_stage_checks
from automl.testing.telling import CLASS_PREFIX

TESTED_VARIABLE: Final = "AUTOML_TESTED_PLUGIN"


@dataclasses.dataclass(frozen=True)
class Assignment:
    """The plugin under test, and the other plugins that are to be there: as in `automl.plugins.PluginChoice`."""

    plugin: str
    blocked: tuple[str, ...] = ()
    third_party: bool = True
    folders: tuple[str, ...] = ()

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    def registry(self) -> Registry:
        return Registry.load(self.blocked, third_party=self.third_party, folders=self.folders)


def suite_of(offer: Offer, registry: Registry) -> type:
    """The tests of an offer as a class for pytest; what cannot even be loaded or collected is a failing test."""
    name = f"{CLASS_PREFIX}{offer.family} {offer.record.id}"
    try:
        contracts, tests = _tests_of(offer, registry)
        return type(name, contracts, tests)
    except AutoMLError as error:
        return type(name, (), {"test_it_can_be_checked": _raise(error)})


def _tests_of(offer: Offer, registry: Registry) -> tuple[tuple[type, ...], dict[str, Any]]:
    """The contract to inherit from, where the family has one, and the methods of the class."""
    found = offer.record.load()
    if offer.family == "commands":
        return (), {"test_it_is_a_command_with_help": _check_command(found)}
    if offer.family == "metrics" and isinstance(found, type):
        return (MetricContract,), {"make_metric": lambda _: found(), "test_it_is_documented": _check_documented(found)}
    if not (isinstance(found, type) and issubclass(found, Component)):
        return (), {"test_it_is_documented": _check_documented(found)}
    tests: dict[str, Any] = {"test_stage": _check_promises(found)}
    match offer.family:
        case "networks":
            return (NetworkContract,), tests | {"make_network": lambda _: _made(found)}
        case "learners":
            network = _network_for(offer.record.id, registry)
            return (LearnerContract,), tests | {
                "make_learner": lambda _: _made(found),
                "make_network": lambda _: network and _made(network),
            }
        case "searchers":
            return (SearcherContract,), tests | {"make_searcher": lambda _: _made(found)}
        case "executors":
            return (ExecutorContract,), tests | {"make_executor": lambda _, workers: _made(found, workers=workers)}
        case "observers":
            return (ObserverContract,), tests | {"make_observer": lambda _, folder: _made(found)}  # noqa: ARG005
        case _:
            return (), tests


def _made(component: type[Component], **given: Any) -> Component:
    """A new one with the parameters of its first example, and those ``given`` that it has."""
    example = dict(next(iter(component.examples()), {}))
    known = {name: value for name, value in given.items() if name in component.Params.model_fields}
    return component(component.Params.model_validate(example | known))


def _network_for(learner: str, registry: Registry) -> type[Component] | None:
    """A network that this learner consumes; None where there is none."""
    networks = (registry.get("networks", name) for name in registry.ids("networks"))
    return next((network for network in networks if network.learner == learner and network.any_table), None)


# Every test is a method of a class that pytest makes an instance of: hence the `self` that none of them needs.


def _check_promises(found: type[Component]) -> Callable[..., None]:
    @parametrize_with_stage_checks([found])
    def test(self: object, check: StageCheck) -> None:  # noqa: ARG001
        check()

    return test


def _raise(error: Exception) -> Callable[[object], None]:
    def test(self: object) -> None:  # noqa: ARG001
        raise error

    return test


def _check_command(found: Any) -> Callable[[object], None]:
    def test(self: object) -> None:  # noqa: ARG001
        assert isinstance(found, click.Command), f"it is {type(found).__name__}, expected a click.Command"
        assert found.help, "it has no help; mend: a docstring"
        found.get_help(click.Context(found))

    return test


def _check_documented(found: Any) -> Callable[[object], None]:
    def test(self: object) -> None:  # noqa: ARG001
        assert (found.__doc__ or "").strip(), "it has no docstring"

    return test


if TESTED_VARIABLE in os.environ:
    _tested = Assignment(**json.loads(os.environ[TESTED_VARIABLE]))
    _registry = _tested.registry()
    for _offer in _registry.offers():
        if _offer.plugin.name == _tested.plugin:
            _suite = suite_of(_offer, _registry)
            globals()[_suite.__name__] = _suite
