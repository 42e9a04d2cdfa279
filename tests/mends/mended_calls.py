"""Mends that commands print, typed behind the same call, or in its place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """``words`` fail and say ``says``; ``mend`` finds in what is printed what to type, ``typed`` the call after it.

    Of ``typed`` a ``{0}`` is what was found; with ``shell`` it is typed into a shell, and the same call made again.
    """

    name: str
    words: str
    says: str
    mend: str
    typed: str
    shell: bool = False


INIT = "init houses.csv --target price"
CALLS = [
    Call(
        "a target",
        "init houses.csv --target prise --force",
        "prise",
        r"did you mean '(\w+)'",
        "init houses.csv --target {0} --force",
    ),
    Call(
        "an output that is there",
        f"{INIT} -o houses.yaml",
        "houses.yaml exists",
        "(--force) to overwrite",
        f"{INIT} {{0}}",
    ),
    Call("another output", f"{INIT} -o houses.yaml", "houses.yaml exists", r"-o (OTHER\.yaml)", f"{INIT} -o {{0}}"),
    Call("no folder", f"{INIT} -o a/b/c.yaml", "there is no folder", r"mend: (mkdir -p [^,]+),", "{0}", shell=True),
    Call(
        "no folder for a drawing",
        "graph houses.yaml -o x/y.mmd",
        "there is no folder",
        r"mend: (mkdir -p [^,]+),",
        "{0}",
        shell=True,
    ),
    Call("a folder", f"{INIT} -o folder", "is a folder", r"mend: -o (\S+)$", f"{INIT} -o {{0}}"),
    Call(
        "a task",
        "init houses.csv --target age --task binary --force",
        "mend: --task",
        r"mend: (--task multiclass)",
        "init houses.csv --target age --force {0}",
    ),
    Call(
        "a time", f"{INIT} --time soon --force", "expected a duration", r"such as (\w+)", f"{INIT} --time {{0}} --force"
    ),
    Call(
        "a name",
        f"{INIT} --name a/b --force",
        "cannot be a pipeline's name",
        r"mend: (\S+)",
        f"{INIT} --name {{0}} --force",
    ),
    Call(
        "a preset", f"{INIT} --preset quik --force", "quik", r"did you mean '(\w+)'", f"{INIT} --preset {{0}} --force"
    ),
    Call("a stage", "plan houses.yaml --to serch", "serch", r"did you mean '(\w+)'", "plan houses.yaml --to {0}"),
    Call(
        "a part upside down",
        "plan houses.yaml --from search --to split",
        "does not come after",
        "(turn them round)",
        "plan houses.yaml --from split --to search",
    ),
    Call(
        "a positive class of numbers",
        f"{INIT} --force --positive 3",
        "leave --positive out",
        "(--positive)",
        f"{INIT} --force",
    ),
    Call(
        "a stage that the search binds",
        "plan houses.yaml --to numbers --set 'stages.numbers.with.strategy={tune: [mean, median]}'",
        "its value depends on",
        r"mend: (--to \w+),",
        "plan houses.yaml {0} --set 'stages.numbers.with.strategy={{tune: [mean, median]}}'",
    ),
    Call(
        "a part that is not there yet",
        "run houses.yaml --from search",
        "would have to run first",
        "(without --from)",
        "plan houses.yaml",
    ),
    Call("a run", "runs show lst", "there is no run 'lst'", r"see: automl (runs list)", "{0}"),
    Call("a run's model", "predict nothing houses.csv", "nothing", r"see: automl (runs list)", "{0}"),
    Call("a size", "cache gc --max-size lots", "expected a size", r"such as (\w+)", "cache gc --max-size {0}"),
    Call(
        "a separator",
        "init semicolons.csv --target price --with separator=,",
        "separator",
        r"mend: (--with \S+)",
        "init semicolons.csv --target price {0}",
    ),
    Call(
        "a name of predictions",
        "predict model.automl houses.csv -o 'my rows.xlsx'",
        "expected a name that ends in",
        r"mend: (-o .*)$",
        "predict model.automl houses.csv {0}",
    ),
    Call(
        "a folder for predictions",
        "predict model.automl houses.csv -o 'a folder.csv'",
        "found a folder",
        r"mend: (-o .*)$",
        "predict model.automl houses.csv {0}",
    ),
    Call(
        "no folder for predictions",
        "predict model.automl houses.csv -o 'a b/x.csv'",
        "there is no folder",
        r"mend: (mkdir -p .*), or write",
        "{0}",
        shell=True,
    ),
    Call("a pipeline in JSON", f"{INIT} -o 'my file.json'", "written as YAML", r"mend: (-o .*)$", f"{INIT} {{0}}"),
    Call(
        "a table that is not there",
        "init house.csv --target price",
        "no such file",
        r"did you mean '(.*)'",
        "init {0} --target price --force",
    ),
    Call(
        "a file of no reader that is not there",
        "init house.cvs --target price",
        "no such file",
        r"did you mean '(.*)'",
        "init {0} --target price --force",
    ),
    Call("a pipeline that is not there", "check hous.yaml", "cannot read", r"did you mean '(.*)'", "check {0}"),
    Call(
        "a task of numbers for levels",
        "init houses.csv --target city --task regression --force",
        "a regression needs numbers",
        r"mend: (--task \w+)",
        "init houses.csv --target city --force {0}",
    ),
    Call(
        "few numbers as a target of init",
        "init houses.csv --target age --id age --force",
        "has two roles",
        r"as (--target), --id",
        "init houses.csv {0} age --force",
    ),
    Call(
        "no reader",
        "--no-plugins=tabular init houses.csv --target price --force",
        "no reader is installed",
        r"leave (--no-plugins) out",
        "init houses.csv --target price --force",
    ),
    Call(
        "no reader for a pipeline",
        "--no-plugins=tabular check houses.yaml",
        "no reader is installed",
        r"leave (--no-plugins) out",
        "check houses.yaml",
    ),
    Call(
        "no encoder for a draft",
        "--no-plugins=tabular --plugin-dir reading init houses.csv --target price --force",
        "among the presets; there are none",
        r"leave (--no-plugins) out",
        "init houses.csv --target price --force",
    ),
    Call(
        "a plugin's name",
        "plugins new keras",
        "is installed already",
        r"mend: (automl plugins new \w+)$",
        "{0}",
    ),
    Call(
        "a plugin's folder",
        "plugins new folded",
        "is there already",
        r"mend: (--dir) ",
        "plugins new folded {0} another",
    ),
    Call(
        "a model that is not there",
        "predict nothing.automl houses.csv",
        "there is no file nothing.automl",
        r"see: automl (runs list)",
        "{0}",
    ),
    Call(
        "no preset for a time",
        "--no-plugins=tabular --plugin-dir second init houses.csv --target price --time 60s --force",
        "no preset is installed",
        r"leave (--no-plugins) out",
        "init houses.csv --target price --time 60s --force",
    ),
]
