"""Files are whole or not there; a disk that fills and a folder that is read-only end in one sentence."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import Call, toy_environment
from toy_runs import PIPELINE

from automl.errors import OutputError
from automl.writing import is_half, whole, whole_folder, write_text

LIMITED = (
    "import resource, sys; size = int(sys.argv.pop(1)); resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)); "
    "from automl.cli import main; main()"
)
"""The command, no file of which may grow beyond so many bytes: what a disk that fills says, EFBIG for ENOSPC."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    (work / "toys.yaml").write_text(PIPELINE)
    return work


def assert_one_sentence(code: int, err: str) -> None:
    assert (code, "Traceback" in err, "Exception ignored" in err) == (1, False, False), err
    assert sum(line.startswith("error: ") for line in err.splitlines()) == 1, err
    assert "; mend: " in err
    assert "Errno" not in err, err


@pytest.mark.parametrize("size", [0, 150, pytest.param(1500, marks=pytest.mark.slow), 6000])
def test_a_disk_that_fills_ends_the_run_with_one_sentence(folder: Path, size: int) -> None:
    code, _, err = Call(folder, str(size), "run", "toys.yaml", program=("-c", LIMITED)).end()
    assert_one_sentence(code, err)
    left = [path for path in (folder / ".automl").rglob("*") if path.is_file()]
    assert not [path for path in left if is_half(path)], left
    assert not list((folder / ".automl" / "store" / "tmp").glob("*"))
    for path in left:
        if path.suffix == ".json" and path.parent.parent.name == "runs":
            json.loads(path.read_text())
    code, _, err = Call(folder, "run", "toys.yaml").end()
    assert code == 0, err


@pytest.mark.parametrize("words", [(), pytest.param(("--keep-going",), marks=pytest.mark.slow)])
def test_a_disk_that_fills_is_told_in_the_log_as_on_the_screen(folder: Path, words: tuple[str, ...]) -> None:
    """The store is full before the log is: whoever reads the run's events reads the same sentence."""
    (folder / "toys.yaml").write_text(PIPELINE.replace("toy.table,", "toy.table, with: {rows: 3000},"))
    code, _, err = Call(folder, "20000", "run", "toys.yaml", *words, program=("-c", LIMITED)).end()
    assert_one_sentence(code, err)
    full = r"the disk that holds .automl/store is full \(File too large\).*; mend: "
    assert re.search(rf"^\[\d\d:\d\d\] run failed after [^\[]*{full}", err, re.M), err
    assert re.search(rf"^state +failed: [^\[]*{full}", Call(folder, "runs", "show", "last").end()[1], re.M)


@pytest.mark.parametrize("place", [".automl", ".automl/store", ".automl/runs"])
def test_a_file_where_a_folder_belongs(folder: Path, place: str) -> None:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("not a folder")
    code, _, err = Call(folder, "run", "toys.yaml").end()
    assert_one_sentence(code, err)
    assert place in err


def in_its_own_mounts(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script whose mounts end with it; skips where this process may not mount."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("mounting needs rights that this process has not")
    environment = os.environ | toy_environment(folder.parent)
    return subprocess.run(
        ["unshare", "-m", "sh", "-ec", script], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.slow
def test_a_folder_that_is_read_only(folder: Path) -> None:
    mount = f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} && cd {folder}"
    script = f"{mount} && {sys.executable} -m automl run toys.yaml"
    done = in_its_own_mounts(script, folder)
    assert_one_sentence(done.returncode, done.stderr)
    assert "Read-only file system" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("size", ["16k", "64k", "100k"])
def test_a_disk_that_is_full(folder: Path, size: str) -> None:
    (folder / ".automl").mkdir()
    script = f"mount -t tmpfs -o size={size} none .automl && {sys.executable} -m automl run toys.yaml"
    done = in_its_own_mounts(script, folder)
    assert_one_sentence(done.returncode, done.stderr)


@pytest.mark.parametrize(
    "words", [("graph", "toys.yaml"), ("init", "table.csv", "--target", "y"), ("fit", "table.csv", "--target", "y")]
)
def test_an_output_in_no_folder_is_refused_before_any_work(folder: Path, words: tuple[str, ...]) -> None:
    code, out, err = Call(folder, *words, "-o", "no/such/file").end()
    assert (code, out) == (2, "")
    mend = re.search(r"there is no folder no/such; mend: (mkdir -p no/such), or write elsewhere", err)
    assert mend, err
    subprocess.run(mend[1], shell=True, cwd=folder, check=True)
    again = Call(folder, *words, "-o", "no/such/file").end()[2]
    assert "there is no folder" not in again


def test_a_file_is_as_before_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")
    with contextlib.suppress(RuntimeError), whole(path) as half:
        half.write_text("ne")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    write_text(path, "new")
    assert path.read_text() == "new"


def test_links_and_modes_stay_and_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_text(link, "new")
    assert (link.is_symlink(), target.read_text(), target.stat().st_mode & 0o777) == (True, "new", 0o640)
    write_text(Path("/dev/null"), "nothing")
    with pytest.raises(OutputError, match=r"/dev/full cannot be written: No space left on device; mend: free some"):
        write_text(Path("/dev/full"), "nothing")


@pytest.mark.parametrize(
    ("place", "cause"),
    [("none/file", "No such file"), ("file/file", "Not a directory"), (".", "Is a directory"), ("x" * 300, "too long")],
)
def test_what_cannot_be_written_is_said_with_a_way_out(tmp_path: Path, place: str, cause: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=rf"cannot be written: .*{cause}.*; mend: "):
        write_text(tmp_path / place, "text")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_half_a_folder_is_none(tmp_path: Path) -> None:
    with contextlib.suppress(RuntimeError), whole_folder(tmp_path / "made") as half:
        (half / "one").touch()
        raise RuntimeError
    assert not list(tmp_path.iterdir())
