"""Code outside a plugin's package is part of the key: whoever edits it, or installs another version, computes anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from distributions import HEAD

from automl.plan.sources import versions_elsewhere

FITTED = """
import dataclasses
from automl import Fitted, Transform


@dataclasses.dataclass(frozen=True)
class SameFitted(Fitted):
    def apply(self, frame):
        return frame

"""
TRANSFORM = """

class {name}({base}):
    \"\"\"Leaves rows as they are.\"\"\"

    id = "acme.{id}"
    fitted = SameFitted

    def fit(self, train):
        return SameFitted()
"""
OFFERS = f"""{HEAD}
@hookimpl
def automl_components():
    return [
        Record("acme.inside", "automl_acme.stages:Inside", "x"),
        Record("acme.outside", "working:Outside", "x"),
        Record("acme.derived", "automl_acme.derived:Derived", "x"),
        Record("acme.bought", "automl_acme.bought:Bought", "x"),
        Record("acme.adapted", "automl_acme.adapted:Own", "x"),
    ]


@hookimpl
def automl_networks():
    return [Record(f"acme.{{name}}", f"automl_acme.nets:{{name}}", "x") for name in ("own", "handed", "shop", "given")]
"""
NETS = """
from automl_keras.hypermodel import network_from_hypermodel
from given_models import Given

own = network_from_hypermodel("own_models:build", id="acme.own", name="own")
handed = network_from_hypermodel("automl_acme.hands:build", id="acme.handed", name="handed")
shop = network_from_hypermodel("bought_models.nets:build", id="acme.shop", name="shop")
given = network_from_hypermodel(Given(), id="acme.given", name="given")
"""
ENGINES = """
    engines = ("automl_acme", "own_estimators")  # as an adapter of the plugin's own estimator has them
"""
FILES = {
    "plugins/automl_acme/adapted.py": FITTED + TRANSFORM.format(name="Own", base="Transform", id="adapted") + ENGINES,
    "work/own_estimators.py": "import below_estimators",
    "work/below_estimators.py": "FACTOR = 1",
    "plugins/automl_acme/__init__.py": OFFERS,
    "plugins/automl_acme/stages.py": FITTED + TRANSFORM.format(name="Inside", base="Transform", id="inside"),
    "plugins/automl_acme/derived.py": "from base_stages import Base\n"
    + FITTED
    + TRANSFORM.format(name="Derived", base="Base", id="derived"),
    "plugins/automl_acme/bought.py": "from bought_stages import Base\n"
    + FITTED
    + TRANSFORM.format(name="Bought", base="Base", id="bought"),
    "plugins/automl_acme/nets.py": NETS,
    "plugins/automl_acme/hands.py": "from bought_hands import build",
    "plugins/beside.py": "FACTOR = 1",
    "plugins/automl_acme/late.py": "def late():\n    import beside\n    from spaces.deep import inner",
    "plugins/spaces/deep/inner.py": "FACTOR = 1",
    "work/working.py": "import below\n" + FITTED + TRANSFORM.format(name="Outside", base="Transform", id="outside"),
    "work/below.py": "FACTOR = 1",
    "work/base_stages.py": "from automl import Transform\n\n\nclass Base(Transform): ...",
    "work/own_models.py": "import bought_layers\n\n\ndef build(hp): ...",
    "work/given_models.py": "from given_base import GivenBase\n\n\nclass Given(GivenBase): ...",
    "work/given_base.py": "class GivenBase: ...",
    "work/unrelated.py": "FACTOR = 1",
    "site/bought_stages.py": "from automl import Transform\n\n\nclass Base(Transform): ...",
    "site/bought_models/nets.py": "def build(hp): ...",
    "site/bought_models/__init__.py": "",
    "site/bought_hands.py": "def build(hp): ...",
    "site/bought_layers.py": "LAYER = 1",
}
INSIDE = {
    "acme.adapted",
    "acme.inside",
    "acme.outside",
    "acme.derived",
    "acme.bought",
    "acme.own",
    "acme.handed",
    "acme.shop",
} | {"acme.given"}
TOLD = """
import json, sys
from automl.plugins import Registry
from automl.plan.versions import code_version

registry = Registry.load(folders=["plugins"])
assert not registry.set_aside, registry.set_aside
mine = [offer for offer in registry.offers() if offer.plugin.name == "acme"]
print(json.dumps({offer.record.id: code_version(offer) for offer in mine}))
"""


def told(folder: Path) -> dict[str, str]:
    """The code versions of all that the plugin offers, in a new process."""
    paths = [folder / "work", folder / "site", *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-c", TOLD]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def distribute(folder: Path, version: str, *modules: str) -> None:
    for module in modules:
        info = folder / "site" / f"{module}.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module.replace('_', '-')}\nVersion: {version}\n")
        (info / "top_level.txt").write_text(module)


BOUGHT = ("bought_stages", "bought_models", "bought_hands", "bought_layers")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("elsewhere")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    distribute(folder, "1.0", *BOUGHT)
    return folder, told(folder)


EDITED = [
    (["plugins/beside.py"], INSIDE),
    (["plugins/spaces/deep/inner.py"], INSIDE),
    (["work/given_base.py"], INSIDE),
    (
        ["work/below.py", "work/own_models.py", "work/unrelated.py", "site/bought_hands.py"],
        {"acme.outside", "acme.own"},
    ),
    (["work/below_estimators.py"], {"acme.adapted"}),
]


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_an_edit_is_another_version_of_what_stands_on_it(first: tuple[Path, dict[str, str]]) -> None:
    folder, before = first
    for names, expected in EDITED:
        texts = {name: (folder / name).read_text() for name in names}
        for name, text in texts.items():
            (folder / name).write_text(f"{text}\n# edited\n")
        assert changed(before, told(folder)) == expected
        for name, text in texts.items():
            (folder / name).write_text(text)


def test_another_version_of_a_distribution_is_another_version_of_what_is_named_in_it(
    first: tuple[Path, dict[str, str]],
) -> None:
    folder, before = first
    distribute(folder, "2.0", *BOUGHT)
    after = told(folder)
    distribute(folder, "1.0", *BOUGHT)
    for module, name in zip(BOUGHT, ("acme.bought", "acme.shop", "acme.handed", "acme.own"), strict=True):
        assert f"{module.replace('_', '-')} 2.0" in after[name]
    assert not changed(before, after) & {"acme.inside", "acme.outside", "acme.derived"}


def test_code_of_which_no_version_can_be_told_is_refused() -> None:
    from automl import PluginError

    class Net:
        modules = ("nowhere_at_all:build",)

    with pytest.raises(PluginError, match=r"depends on the module 'nowhere_at_all', .* mend: move that code into a"):
        versions_elsewhere(Net, "toy:ToyNet", "toy", "toy")
