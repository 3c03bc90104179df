"""What the documents say is what the code does."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from itertools import groupby
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import get_commands

from integrations.connector_kit.registry import connectors, folder

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("clarity", "integrations", "mappings", "tenants")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

# In pieces, since this file is looked through as well.
UNWANTED = (
    "/" + "work/",
    "pypi" + ".org",
    "python" + "hosted.org",
    "registry." + "npmjs",
    "npm" + "mirror",
    "proxy." + "golang.org",
    "localhost" + ":8080",
)


def text(file: Path) -> str:
    return file.read_text("utf-8")


# --- settings ------------------------------------------------------------------------------------


def read_settings() -> dict[str, ast.Call]:
    """Every env.xxx("NAME", ...) of the settings file, by name; one that has a default wins."""
    found: dict[str, ast.Call] = {}
    for node in ast.walk(ast.parse(text(ROOT / "clarity" / "settings.py"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "env"
            and node.func.attr != "load"
        ):
            name = node.args[0]
            assert isinstance(name, ast.Constant), f"line {node.lineno}: a name that is computed"
            if len(node.args) + len(node.keywords) > 1 or str(name.value) not in found:
                found[str(name.value)] = node
    return found


def described_settings() -> dict[str, str]:
    """Name and default of each row of the table."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| .+ \|$", text(ROOT / "docs/settings.md"), re.M)
    assert len(rows) == len(dict(rows)), "a setting is described twice"
    return dict(rows)


def test_every_setting_is_described_and_every_described_one_is_read() -> None:
    assert sorted(described_settings()) == sorted(read_settings())
    assert len(read_settings()) >= 15


def test_the_defaults_of_numbers_and_switches_are_as_described() -> None:
    described = described_settings()
    compared = 0
    for name, call in read_settings().items():
        kind = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if kind not in ("number", "flag"):
            continue
        default = call.args[1] if kind == "number" else call.keywords[0].value
        value = eval(compile(ast.Expression(default), name, "eval"), {"__builtins__": {}})
        assert described[name] == f"`{str(value).lower()}`", name
        compared += 1
    assert compared >= 8


# --- commands ------------------------------------------------------------------------------------


def our_commands() -> set[str]:
    return {
        file.stem
        for package in PACKAGES
        for file in (ROOT / package).glob("management/commands/*.py")
        if file.stem != "__init__"
    }


def test_every_command_is_described() -> None:
    described = set(re.findall(r"manage\.py (\w+)", text(ROOT / "docs" / "operations.md")))
    assert our_commands() - described == set()
    assert len(our_commands()) >= 6


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_every_command_that_is_named_exists(document: Path) -> None:
    said = text(document)
    assert set(re.findall(r"manage\.py (\w+)", said)) - set(get_commands()) - {"help"} == set()
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.M))
    assert set(re.findall(r"`make ([a-z]+)", said)) - targets == set()


# --- connectors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(connectors()))
def test_the_help_of_a_connector_explains_every_field(name: str) -> None:
    manifest = connectors()[name].manifest
    lines = text(folder(name) / "help.md").splitlines()
    fields = (*manifest.credentials, *manifest.settings)
    missing = [f"| {field.label} | {field.help} |" for field in fields]
    assert [row for row in missing if row not in lines] == []
    assert fields


@pytest.mark.parametrize("name", sorted(connectors()))
def test_settings_of_one_heading_stand_together(name: str) -> None:
    headings = [field.group for field in connectors()[name].manifest.settings]
    assert len(list(groupby(headings))) == len(set(headings))


# --- links ---------------------------------------------------------------------------------------


def anchors(file: Path) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", text(file), re.M)
    return {re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_every_link_within_the_checkout_leads_somewhere(document: Path) -> None:
    broken = []
    for link in re.findall(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)", text(document)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (document.parent / path).resolve() if path else document
        leads = target.exists() and target.is_relative_to(ROOT)
        if leads and anchor and target.suffix == ".md":
            leads = anchor in anchors(target)
        if not leads:
            broken.append(link)
    assert broken == []


def test_the_documents_are_there() -> None:
    names = {file.relative_to(ROOT).as_posix() for file in DOCUMENTS}
    wanted = {"architecture", "connectors", "operations", "settings"}
    assert {f"docs/{name}.md" for name in wanted} | {"README.md"} <= names


# --- what must not be in the repository ----------------------------------------------------------


def test_no_file_names_a_machine_or_a_registry() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout: only its own files are looked through")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    assert len(files) > 100
    found = [
        f"{file.relative_to(ROOT)}: {word}"
        for file in files
        if file.is_file()
        for content in [file.read_bytes()]
        for word in UNWANTED
        if word.encode() in content
    ]
    assert found == []
