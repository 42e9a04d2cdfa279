"""``automl init`` on the command line: what is written, what is refused, and what is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from automl.cli import main
from automl.pipeline_file import load
from automl.plugins import Registry
from automl.start import nearest_preset


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a table."""
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    x = draw.normal(size=300)
    table = pd.DataFrame({"key": np.arange(300), "x": x, "colour": draw.choice(["r", "g"], size=300), "price": 2 * x})
    table.to_csv("houses.csv", index=False)
    table.to_csv("odd.csv", index=False, sep=";", decimal=",")
    Path("houses.xlsx").write_bytes(b"PK")
    return tmp_path


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def automl(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def init(*arguments: str, table: str = "houses.csv") -> Result:
    return automl("init", table, "--target", "price", *arguments)


def test_it_writes_a_file_that_checks_and_says_why_and_what_next(registry: Registry) -> None:
    result = init()
    assert (result.exit_code, result.stderr) == (0, "")
    assert "houses.csv: 300 rows, 2 columns to learn from (1 numeric, 1 categorical)" in result.stdout
    assert "price: regression" in result.stdout
    assert "another value in (nearly) every row" in " ".join(result.stdout.split())
    assert result.stdout.endswith("automl run houses.yaml\n")
    declaration = load("houses.yaml", registry)
    assert (declaration.name, declaration.seed, declaration.data.target) == ("houses", 42, "price")
    assert declaration.data.roles == {"key": "id"}
    assert automl("check", "houses.yaml").exit_code == 0
    assert automl("check", "houses.yaml", "--profile", "smoke").exit_code == 0
    first = Path("houses.yaml").read_text().splitlines()[0]
    assert first == "# Written by: automl init houses.csv --target price --seed 42"


def test_a_file_that_is_there_is_left_alone(folder: Path) -> None:
    Path("houses.yaml").write_text("mine")
    refused = init()
    assert refused.exit_code == 2
    assert "houses.yaml exists; mend: -o OTHER.yaml, or --force to overwrite it" in refused.stderr
    assert Path("houses.yaml").read_text() == "mine"
    assert init("-o", "other.yaml").exit_code == 0
    assert init("--force").exit_code == 0
    assert Path("houses.yaml").read_text() != "mine"


def test_fit_leaves_a_file_alone_that_another_call_wrote() -> None:
    assert init().exit_code == 0
    before = Path("houses.yaml").read_text()
    refused = automl("fit", "houses.csv", "--target", "price", "--time", "20s")
    assert refused.exit_code == 2
    assert "houses.yaml exists" in refused.stderr
    assert Path("houses.yaml").read_text() == before
    assert not Path(".automl").exists()


def test_nothing_is_written_where_something_is_wrong(folder: Path) -> None:
    before = sorted(folder.iterdir())
    assert init("--ignore", "colour,x", "--id", "key").exit_code == 2
    assert init("--preset", "quickk").exit_code == 2
    assert init("-o", "nowhere/houses.yaml").exit_code == 2
    assert sorted(folder.iterdir()) == before


def test_printed_it_is_yaml_and_nothing_else() -> None:
    result = init("-o", "-")
    assert result.exit_code == 0
    assert YAML(typ="safe").load(result.stdout)["data"]["target"] == "price"
    assert "300 rows" in result.stderr
    assert not Path("-").exists()
    assert not Path("houses.yaml").exists()


def test_a_wrong_positive_class_names_an_option_that_works(folder: Path) -> None:
    rows = "\n".join(f"{n * n % 23},{n % 2}" for n in range(40))
    (folder / "sold.csv").write_text(f"size,sold\n{rows}\n")
    call = ["init", "sold.csv", "--target", "sold", "--force"]
    refused = CliRunner().invoke(main, [*call, "--positive", "yes"])
    assert "--positive: 'yes' is no class of the target 'sold'; expected one of '0', '1'" in refused.stderr
    mend = refused.stderr.split("mend: ")[1].split()
    done = CliRunner().invoke(main, [*call, *mend])
    assert done.exit_code == 0, done.output
    assert "positive: 1" in done.stdout


def test_the_options_reach_the_file(registry: Registry) -> None:
    options = [
        "--id",
        "x",
        "--ignore",
        "key",
        "--seed",
        "7",
        "--name",
        "homes",
        "--time",
        "90s",
        "--preset",
        "thorough",
    ]
    assert init(*options).exit_code == 0
    declaration = load("houses.yaml", registry)
    assert (declaration.name, declaration.seed) == ("homes", 7)
    assert (declaration.data.roles, declaration.data.ignore) == ({"x": "id"}, ("key",))
    (search,) = [stage for stage in declaration.stages.values() if stage.use == "search.network"]
    assert search.params["budget"]["time"] == "90s"
    first = Path("houses.yaml").read_text().splitlines()[0]
    assert first == (
        "# Written by: automl init houses.csv --target price --preset thorough --time 90s --name homes --id x "
        "--ignore key --seed 7"
    )


def test_a_task_that_is_said_is_written(registry: Registry) -> None:
    table = pd.read_csv("houses.csv")
    table.assign(price=np.arange(300) % 4).to_csv("grades.csv", index=False)
    assert init("--task", "regression", table="grades.csv").exit_code == 0
    assert load("grades.yaml", registry).data.task == "regression"
    assert init("--force", table="grades.csv").exit_code == 0
    assert load("grades.yaml", registry).data.task == "multiclass"


def test_parameters_of_the_reader(registry: Registry) -> None:
    assert init("--with", "separator=;", "--with", "decimal=,", table="odd.csv").exit_code == 0
    declaration = load("odd.yaml", registry)
    assert declaration.data.reader.params == {"path": "odd.csv", "separator": ";", "decimal": ","}
    wrong = init("--with", "separator=;;", "-o", "other.yaml", table="odd.csv")
    assert wrong.exit_code == 2
    assert "one plain character" in wrong.stderr
    assert init("--with", "separator", "-o", "other.yaml", table="odd.csv").exit_code == 2


def test_the_form_of_the_file_is_recognised_said_aloud_and_written(registry: Registry) -> None:
    told = init(table="odd.csv")
    assert told.exit_code == 0
    said = " ".join(told.stdout.split())
    assert "Read as cells separated by semicolons (';'); a decimal comma (as in x:" in said
    declaration = load("odd.yaml", registry)
    assert declaration.data.reader.params == {"path": "odd.csv", "separator": ";", "decimal": ","}
    assert "2 columns to learn from (1 numeric, 1 categorical)" in said
    assert automl("check", "odd.yaml").exit_code == 0
    assert Path("odd.yaml").read_text().splitlines()[0].endswith("automl init odd.csv --target price --seed 42")


@pytest.mark.parametrize(("separator", "option"), [("\t", r"separator=\t"), ("|", "separator=|")])
def test_what_a_person_says_wins_and_tabs_can_be_typed(registry: Registry, separator: str, option: str) -> None:
    pd.read_csv("houses.csv").to_csv("other.csv", index=False, sep=separator)
    assert init("--with", option, table="other.csv").exit_code == 0
    assert load("other.yaml", registry).data.reader.params == {"path": "other.csv", "separator": separator}
    wrong = init("--with", "separator=;", "--force", table="other.csv")
    assert wrong.exit_code == 2
    shown = f"mend: --with 'separator={chr(92)}t'" if separator == "\t" else "mend: --with 'separator=|'"
    assert shown in wrong.stderr
    assert (
        "seperator: there is no such parameter; did you mean 'separator'?"
        in init("--with", "seperator=;", "--force", table="other.csv").stderr
    )


def test_what_could_be_read_otherwise_is_said_with_the_option(registry: Registry) -> None:
    table = pd.read_csv("houses.csv")
    table.assign(x=[f"{1 + n % 9},{100 + n}" for n in range(300)]).to_csv("either.csv", index=False, sep=";")
    said = " ".join(init(table="either.csv").stdout.split())
    assert "x: '1,100' is read" not in said  # price has points: so commas stand between thousands
    table.drop(columns="x").assign(price=table["key"], x=[f"{1 + n % 9},{100 + n}" for n in range(300)]).to_csv(
        "either.csv", index=False, sep=";"
    )
    said = " ".join(init("--force", table="either.csv").stdout.split())
    assert "x: '1,100' is read as 1.100, and could be 1100; to read it so: --with decimal=. --with thousands=," in said
    assert init("--force", "--with", "decimal=.", "--with", "thousands=,", table="either.csv").exit_code == 0
    assert load("either.yaml", registry).data.reader.params["thousands"] == ","


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["houses.csv", "--target", "prise"], "did you mean 'price'?"),
        (["houses.csv", "--target", "price", "--ignore", "color"], "did you mean 'colour'?"),
        (["house.csv", "--target", "price"], "house.csv"),
        (["houses.xlsx", "--target", "price"], "expected a suffix among .csv,"),
        (["houses.csv", "--target", "price", "--preset", "quik"], "did you mean 'quick'?"),
        (["houses.csv", "--target", "price", "--time", "soon"], "expected a duration such as 90s, 10m, 1.5h or 1h30m"),
        (["houses.csv", "--target", "price", "--time", "0s"], "expected a second or more"),
        (["houses.csv"], "--target"),
    ],
)
def test_wrong_calls_exit_with_2_and_say_how_to_mend(arguments: list[str], message: str) -> None:
    for verb in ("init", "fit"):
        result = automl(verb, *arguments)
        assert result.exit_code == 2
        assert message in result.stderr
        assert "Traceback" not in result.output


def test_editors_are_told_of_a_schema_that_is_there() -> None:
    assert init().exit_code == 0
    assert "yaml-language-server" not in Path("houses.yaml").read_text()
    Path("automl.schema.json").write_text("{}")
    assert init("--force").exit_code == 0
    assert "# yaml-language-server: $schema=automl.schema.json\n" in Path("houses.yaml").read_text()


def test_the_preset_nearest_to_a_time(registry: Registry) -> None:
    assert [nearest_preset(registry, seconds) for seconds in (5, 90, 300, 700, 3600)] == [
        "quick", "quick", "balanced", "balanced", "thorough",
    ]  # fmt: skip


def test_help_is_light() -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom automl.cli import main\n"
        "assert CliRunner().invoke(main, ['init', '--help']).exit_code == 0\n"
        "assert CliRunner().invoke(main, ['fit', '--help']).exit_code == 0\n"
        "print([name for name in ('pandas', 'sklearn', 'scipy', 'tensorflow', 'optuna') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
