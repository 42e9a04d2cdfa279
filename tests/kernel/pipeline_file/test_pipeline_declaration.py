"""What a file without mistakes becomes."""

from __future__ import annotations

import pytest

from automl.pipeline_file import DataDeclaration, StageDeclaration, Use, load


def test_every_section_arrives(read, good):
    found = read(good)
    assert (found.name, found.seed, found.source) == ("houses", 42, None)
    assert found.data == DataDeclaration(Use("read.csv", {"path": "houses.csv"}), "price", roles={"id": "id"})
    assert list(found.stages) == ["split", "numbers", "codes", "scaled", "search", "evaluate"]
    assert found.stages["numbers"] == StageDeclaration(
        "numbers",
        "impute.simple",
        ("split",),
        columns=["age", "rooms"],
        params={"strategy": {"tune": ["mean", "median"]}},
    )
    search = found.stages["search"]
    assert search.resources == {"cpu": 1, "memory": 2_000_000_000}
    assert search.attempts == 2
    assert found.stages["evaluate"].gate == {"rmse": "<= 0.60"}
    assert found.executor == Use("local", {"workers": 2})
    assert found.track == (Use("log", {}),)


def test_the_resolved_text_reads_as_the_same_pipeline(read, good):
    first = read(good, profile="smoke", sets=["seed=7"])
    again = read(first.text)
    assert (again.stages, again.data, again.seed) == (first.stages, first.data, 7)
    assert again.text == first.text
    assert "vars" not in first.text
    assert "profiles" not in first.text


def test_what_is_absent_has_a_default(read):
    found = read("version: 1\ndata: {path: houses.csv, target: price}\nstages: {s: {use: split.random, in: data}}\n")
    assert (found.name, found.seed, found.executor, found.track) == ("pipeline", 0, Use("local"), ())
    assert found.stages["s"].attempts is None


def test_a_file_gives_its_name_and_source(folder, good, registry):
    path = folder / "night.yaml"
    path.write_text("\ufeff" + good.replace("name: houses\n", ""))
    found = load(path, registry)
    assert (found.name, found.source) == ("night", str(path))


def test_the_data_section_in_full(read, good):
    text = good.replace(
        "roles: {id: id}",
        "roles: {id: [id], weight: rooms, ignore: [city]}\n  task: regression\n  kinds: {age: ordinal}\n"
        '  missing: ["?", NA]\n  with: {delimiter: ","}',
    ).replace("[age, rooms]", "age")
    data = read(text).data
    assert data.reader == Use("read.csv", {"path": "houses.csv", "delimiter": ","})
    assert data.roles == {"id": "id", "rooms": "weight"}
    assert (data.ignore, data.task, data.kinds, data.missing) == (
        ("city",),
        "regression",
        {"age": "ordinal"},
        ("?", "NA"),
    )


def test_stages_come_inputs_first_and_else_as_written(read, good):
    lines = good.splitlines(keepends=True)
    split = next(line for line in lines if line.startswith("  split:"))
    moved = good.replace(split, "").replace("run: ", f"{split}run: ")
    assert list(read(moved).stages) == ["split", "numbers", "codes", "scaled", "search", "evaluate"]


def test_tune_auto_is_written_out(read, good):
    text = good.replace("{tune: [mean, median]}", "{tune: auto}")
    assert read(text).stages["numbers"].params == {"strategy": {"tune": ["mean", "median"]}}


@pytest.mark.parametrize(
    "tuned",
    [
        "limit: {tune: {int: [1, 100], log: true}}",
        "fill: {tune: {float: [0, 1], step: 0.1}}",
        "fill: {tune: [null, 0.5]}",
        "widths: {tune: {choice: [1, [2, 3]]}}",
        "widths: [1, {tune: [2, 3]}]",
        "option: {power: {tune: {float: [0.1, 2]}}}",
        "option: {tune: [{power: 2}, {method: loud}]}",
    ],
)
def test_anything_can_be_tuned(read, good, tuned):
    text = good.replace("strategy: {tune: [mean, median]}", tuned)
    name = tuned.split(":")[0]
    assert name in read(text).stages["numbers"].params


@pytest.mark.parametrize(
    ("selector", "kept"),
    [
        ("numeric", "numeric"),
        ("age", "age"),
        ("[age]", ["age"]),
        ("{kind: numeric, except: rooms}", {"kind": "numeric", "except": ["rooms"]}),
        ("{except: [rooms]}", {"kind": None, "except": ["rooms"]}),
        ("{kind: numeric}", {"kind": "numeric", "except": []}),
        ("null", None),
    ],
)
def test_column_selectors(read, good, selector, kept):
    assert read(good.replace("columns: [age, rooms]", f"columns: {selector}")).stages["numbers"].columns == kept


def test_without_the_header_columns_are_not_looked_at(read, good, folder):
    (folder / "houses.csv").unlink()
    assert read(good, header=False).data.target == "price"


def test_columns_that_a_transform_may_have_made_are_not_complained_about(read, good):
    assert read(good.replace("columns: numeric}", "columns: [city_Ulm]}")).stages["scaled"].columns == ["city_Ulm"]


def test_a_reader_without_a_path(read, good):
    text = good.replace('path: "${vars.table}"', "use: read.inline\n  with: {columns: [id, age, rooms, price]}")
    assert read(text).data.reader == Use("read.inline", {"columns": ["id", "age", "rooms", "price"]})


def test_stateless_transforms_may_stand_before_the_split_and_branches_may_join(read, good):
    text = good.replace("in: data, with", "in: clip, with").replace(
        "stages:\n",
        "stages:\n  clip: {use: clean.clip, in: data}\n  goal: {use: target.log, in: split, columns: price}\n",
    )
    text = text.replace("in: codes", "in: [codes, goal]")
    assert read(text).stages["scaled"].inputs == ("codes", "goal")


def test_a_stage_that_reads_rows_and_hands_on_nothing(read, good):
    text = good.replace("run: ", "  look: {use: evaluate.rows, in: scaled}\nrun: ", 1)
    assert read(text).stages["look"].inputs == ("scaled",)


def test_two_searches_side_by_side(read, good):
    text = good.replace("run: ", "  other: {use: search.network, in: split}\nrun: ", 1)
    assert "other" in read(text).stages
