"""Parameters typed Secret: from the environment only, shown as ***, in no key."""

from __future__ import annotations

import pytest
import toy_parts

from automl.errors import PipelineFileError
from automl.hookspecs import hookimpl
from automl.params import Params, Secret, param
from automl.pipeline_file import loads
from automl.plugins import Plugin, Registry
from automl.records import Record


class LoginParams(Params):
    user: str = param("me", description="who")
    password: Secret | None = param(None, description="what nobody may see")


class Vault(toy_parts.Log):
    """An observer with a password."""

    id = "vault.log"
    Params = LoginParams


class _Plugin:
    @staticmethod
    @hookimpl
    def automl_observers() -> list[Record]:
        return [Record("vault.log", f"{__name__}:Vault", "With a password.")]


@pytest.fixture
def vault() -> Registry:
    registry = toy_parts.registry()
    registry.register(_Plugin, Plugin("vault", __name__, "vault", "1.0"))
    assert not registry.set_aside
    return registry


def text(password: str) -> str:
    return toy_parts.GOOD.replace("track: [log]", f"track: [{{use: vault.log, with: {{password: {password}}}}}]")


def test_a_secret_comes_from_the_environment_and_is_not_shown(folder, vault, monkeypatch):
    monkeypatch.setenv("VAULT", "{hunter: 2}")
    found = loads(text('"${env:VAULT}"'), vault)
    params = LoginParams.model_validate(dict(found.track[0].params))
    assert params.password is not None
    assert params.password.get_secret_value() == "{hunter: 2}"
    assert "hunter" not in found.text + repr(found) + repr(params) + params.model_dump_json()
    assert "password: '***'" in found.text
    assert params.identity() == {"user": "me"}


@pytest.mark.parametrize("written", ["hunter2", '"${env:NOT_SET:-hunter2}"', '{tune: [hunter2, "x"]}'])
def test_a_secret_in_the_file_is_refused_and_not_repeated(folder, vault, written):
    with pytest.raises(PipelineFileError) as caught:
        loads(text(written), vault)
    (problem,) = caught.value.problems
    assert "secret" in problem.message or "cannot be tuned" in problem.message
    assert problem.line == 26
    if "tune" not in written:
        assert "hunter2" not in str(problem)
        assert problem.expected == "${env:NAME}"


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(folder, vault):
    with pytest.raises(PipelineFileError) as caught:
        loads(toy_parts.GOOD, vault, sets=["track=[{use: vault.log, with: {password: hunter2}}]"])
    assert "hunter2" not in str(caught.value)
