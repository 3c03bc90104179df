"""Adding a connector is adding a folder: done here to a copy of the tree, with nothing else edited."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent / "fifth_connector" / "corner_shop"
WAY = Path("tests") / "flow" / "fifth_connector" / "whole_way.py"

# Ten times what a calm machine needs: a database is made, and the tree is compiled, by several at once.
MOST_SECONDS = 400

CHECKS: Mapping[str, tuple[str, ...]] = {
    # The command runs every check first.
    "every check passes and no migration is needed": (
        "manage.py",
        "makemigrations",
        "--check",
        "--dry-run",
    ),
    "the layers hold": (
        "-c",
        "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])",
    ),
    "it is connected and its records flow": (
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--timeout={MOST_SECONDS}",
        str(WAY),
    ),
}


@dataclass(frozen=True)
class Copy:
    """A copy of the tree with a database of its own."""

    place: Path
    data: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        # Nothing of the tree that runs this test may be found from within the copy.
        env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CLARITY_", "DJANGO_", "PYTEST_"))
            and name not in ("DATABASE_URL", "PYTHONPATH")
        }
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.place,
            env=env | {"CLARITY_DATA_DIR": str(self.data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def folder(self) -> Path:
        """The added connector."""
        return self.place / "integrations" / "connectors" / FOLDER.name

    def add_the_folder(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(FOLDER, self.folder, ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    place = tmp_path_factory.mktemp("fifth")
    made = Copy(place / "tree", place / "data")
    # What is compiled stays good, since a copied file keeps its time.
    left_out = shutil.ignore_patterns(".*", "vendor", "node_modules")
    shutil.copytree(ROOT, made.place, ignore=left_out)
    yield made
    made.start("manage.py", "stopdb", "--remove").communicate(timeout=MOST_SECONDS)
    shutil.rmtree(made.place)


@pytest.fixture
def copy(tree: Copy) -> Copy:
    """The tree with the folder as it is to be."""
    tree.add_the_folder()
    return tree


@pytest.mark.timeout(2 * MOST_SECONDS)
def test_a_connector_is_one_folder_and_nothing_else(copy: Copy) -> None:
    running = {name: copy.start(*arguments) for name, arguments in CHECKS.items()}
    found = {}
    try:
        for name, process in running.items():
            said, _ = process.communicate(timeout=MOST_SECONDS)
            found[name] = (process.returncode, said)
    finally:
        for process in running.values():
            process.kill()
    for name, (code, said) in found.items():
        assert code == 0, f"{name}: {said}"
    assert "No changes detected" in found["every check passes and no migration is needed"][1]
    assert "2 passed" in found["it is connected and its records flow"][1]


@pytest.mark.timeout(2 * MOST_SECONDS)
def test_a_folder_that_lacks_what_it_promises_is_found(copy: Copy) -> None:
    """The check above would mean little if it passed whatever the folder holds."""
    (copy.folder / "help.md").unlink()
    (copy.folder / "mapping_presets.toml").write_text("")
    said, _ = (process := copy.start("manage.py", "check")).communicate(timeout=MOST_SECONDS)
    assert process.returncode == 1
    assert "corner_shop: help.md is missing" in said
    assert "corner_shop (web) ships no rules for inventory" in said
