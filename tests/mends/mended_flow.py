"""Files whose stages do not go together, and how the mend of each is typed."""

from __future__ import annotations

import re

from mended_files import NUMBERS, SPLIT, Situation, Type, becomes, without

CODES, SEARCH = "codes: {use: encode.one_hot, in: numbers, columns: [city]}", "search:\n    use: search.network"


def each(*changes: Type) -> Type:
    def typed(text: str, mend: str) -> str:
        for change in changes:
            text = change(text, mend)
        return text

    return typed


def printed(old: str, pattern: str) -> Type:
    """Type what a mend prints in the place of a piece of the file."""

    def typed(text: str, mend: str) -> str:
        found = re.search(pattern, mend)
        assert found, mend
        assert old in text
        return text.replace(old, found[0], 1)

    return typed


FLOW = [
    Situation(
        "a choice that is no transform",
        f"numbers: {{use: impute.simple, {NUMBERS}}}",
        f"numbers: {{use: {{tune: [split.random, impute.simple]}}, {NUMBERS}}}",
        "a search chooses among transforms only",
        "use: impute.simple",
        printed("use: {tune: [split.random, impute.simple]}", r"use: [\w.]+"),
    ),
    Situation(
        "a choice of a split",
        f"split: {{use: split.random, in: data, {SPLIT}}}",
        "split: {use: {tune: [split.random, split.stratified]}, in: data}",
        "a search chooses among transforms only",
        "use: split.",
        printed("use: {tune: [split.random, split.stratified]}", r"use: [\w.]+"),
    ),
    Situation(
        "a choice of a feature or the target",
        f"numbers: {{use: impute.simple, {NUMBERS}}}",
        f"numbers: {{use: {{tune: [impute.simple, target.log]}}, {NUMBERS}}}",
        "cannot stand for each other",
        "use: impute.simple",
        printed("use: {tune: [impute.simple, target.log]}", r"use: [\w.]+"),
    ),
    Situation(
        "tuned above a split",
        f"split: {{use: split.random, in: data, {SPLIT}}}",
        "made: {use: clean.winsorize, in: data, with: {lower: {tune: [0.01, 0.05]}}}\n"
        f"  split: {{use: split.random, in: made, {SPLIT}}}",
        "reads from this stage",
        "write one value here",
        becomes("{tune: [0.01, 0.05]}", "0.01"),
    ),
    Situation(
        "a stage above a split that is put below",
        f"split: {{use: split.random, in: data, {SPLIT}}}\n  numbers: {{use: impute.simple, {NUMBERS}}}",
        "made: {use: clean.winsorize, in: data, with: {lower: {tune: [0.01, 0.05]}}}\n"
        f"  split: {{use: split.random, in: made, {SPLIT}}}\n  numbers: {{use: impute.simple, {NUMBERS}}}",
        "reads from this stage",
        "put the stage below the split",
        each(
            printed("in: data", r"in: split(?= here)"),
            printed("in: made", r"in: data(?= at 'split')"),
            printed("simple, in: split", r"in: made(?= at 'numbers')"),
            becomes("{use: impute.in: made", "{use: impute.simple, in: made"),
        ),
    ),
    Situation(
        "tuned for two searches",
        f"numbers: {{use: impute.simple, {NUMBERS}}}",
        f"numbers: {{use: impute.simple, {NUMBERS}, with: {{strategy: {{tune: [mean, median]}}}}}}\n"
        "  another: {use: search.network, in: numbers, with: {network: mlp, budget: {trials: 1}}}",
        "2 searches would try these values",
        "write one value here",
        becomes("{tune: [mean, median]}", "mean"),
    ),
    Situation(
        "tuned for no search",
        CODES,
        f"{CODES}\n  aside: {{use: impute.simple, in: codes, with: {{strategy: {{tune: [mean, median]}}}}}}",
        "no search would try these values",
        "let a search read from this stage",
        becomes("in: codes\n", "in: aside\n"),
    ),
    Situation(
        "a transform of a target of classes",
        "target: price}\nstages:",
        "target: price, task: multiclass}\nstages:\n  goal: {use: target.log, in: codes}",
        "'target.log' is for regression",
        "remove the stage 'goal'",
        without("  goal: {use: target.log, in: codes}\n"),
    ),
    Situation(
        "a reader without a path",
        'path: "${vars.table}"',
        "path: houses.csv, use: toy.table",
        "takes no path",
        "remove 'path'",
        without("path: houses.csv, "),
    ),
    Situation(
        "a name of advice",
        "profiles:",
        "advice: {silence: [zzz]}\nprofiles:",
        "there is no advice 'zzz'",
        "remove the name",
        without("zzz"),
    ),
    Situation(
        "a password in the file",
        "tuner: random",
        'tuner: {use: vault.search, with: {token: "sesame"}}',
        "is secret",
        "put it into an environment variable, and write ${env:NAME} here",
        becomes("sesame", "${env:AUTOML_TEST_URL}"),
    ),
    Situation(
        "learned above any split",
        f"split: {{use: split.random, in: data, {SPLIT}}}\n  numbers: {{use: impute.simple, {NUMBERS}}}",
        "numbers: {use: impute.simple, in: data, columns: [age, rooms]}",
        "would see the test rows",
        "put a split stage above it: {use: split.random, in: data}",
        each(
            printed("  numbers: {use: impute.simple, in: data", r"\{use: split\.random, in: data\}"),
            becomes(
                "{use: split.random, in: data}",
                "  split: {use: split.random, in: data}\n  numbers: {use: impute.simple, in: split",
            ),
        ),
    ),
    Situation(
        "a folder of MLflow",
        "profiles:",
        'track: [{use: mlflow, with: {tracking_uri: "file:./mlruns"}}]\nprofiles:',
        "keeps runs in a folder of files no more",
        "a database in a file, sqlite:///",
        printed("file:./mlruns", r"sqlite:///\S+"),
    ),
    Situation(
        "a stage of a profile that is misspelt",
        "quick: {seed: 7}",
        "quick: {stages.serch.with.patience: 3}",
        "uses no component",
        "did you mean 'search'",
        becomes("serch", "search"),
        ("--profile", "quick"),
    ),
    Situation(
        "a target among the columns",
        "columns: [city]",
        "columns: [city, price]",
        "is no feature",
        "remove it from 'columns'",
        without(", price"),
    ),
    Situation(
        "a text that looks like a number",
        "name: houses",
        "name: 5",
        "name",
        "put it in quotes: '5'",
        becomes("5", "'5'"),
    ),
]
