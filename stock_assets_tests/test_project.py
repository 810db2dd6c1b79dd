"""The project around the package: locks, telemetry, documents, laws that no linter knows."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(lock: str) -> dict[str, set[str]]:
    """Name -> versions; several where Pythons or platforms need different ones."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", read(lock), flags=re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


# Locks


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_its_hashes_and_no_lock_names_a_host(lock: str) -> None:
    text = read(lock)
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)
    assert not [b.splitlines()[0] for b in blocks if "==" in b and "--hash=sha256:" not in b]
    assert not re.findall(r"://|--index|--find-links|file:|@ ", text)


def test_tests_run_with_the_versions_that_users_get() -> None:
    runtime, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert not {name: versions for name, versions in runtime.items() if dev.get(name) != versions}


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    runtime, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    asked = [(runtime, text) for text in project["dependencies"]]
    asked += [(dev, text) for text in project["optional-dependencies"]["dev"]]
    unmet = []
    for lock, text in asked:
        wanted = Requirement(text)
        versions = lock.get(canonicalize_name(wanted.name), set())
        if not versions or not all(wanted.specifier.contains(v) for v in versions):
            unmet.append(text)
    assert not unmet, f"run `make lock`: {unmet}"


# Telemetry


def test_nothing_that_we_ship_reports_home() -> None:
    assert yaml.safe_load(read("deploy/dagster.yaml"))["telemetry"] == {"enabled": False}
    flags = yaml.safe_load(read("dbt_project/dbt_project.yml"))["flags"]
    assert flags["send_anonymous_usage_stats"] is False
    makefile = read("Makefile")
    assert "MLFLOW_DISABLE_TELEMETRY := true" in makefile
    assert "GX_ANALYTICS_ENABLED := false" in makefile


def test_the_warehouse_has_one_writer_at_a_time() -> None:
    pools = yaml.safe_load(read("deploy/dagster.yaml"))["concurrency"]["pools"]
    assert pools == {"granularity": "run", "default_limit": 1}


# Documents

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


@_each_document
def test_a_document_links_only_to_what_exists(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    assert not [link for link in links if not (document.parent / link).exists()]


@_each_document
def test_a_document_names_only_files_and_tests_that_exist(document: Path) -> None:
    roots = "stock_assets/|stock_assets_tests/|dbt_project/|docs/|deploy/|benchmarks/"
    named = re.findall(rf"`((?:{roots})[\w./-]+)(?:::(\w+))?`", document.read_text("utf-8"))
    missing = [
        f"{path}::{test}" if test else path
        for path, test in named
        if not (ROOT / path).exists() or (test and f"def {test}(" not in read(path))
    ]
    assert not missing


def test_every_requirement_has_one_row_that_says_where_it_is_met() -> None:
    table = read("docs/requirements.md").split("## Where the sources are wrong")[0]
    rows = re.findall(r"^\| ([SU]\d?-\d+) \| .+ \| (.+) \| .+ \|$", table, re.MULTILINE)
    counted = {"S0": 57, "S1": 90, "S2": 72, "S3": 27, "S4": 34, "U": 11}
    expected = [f"{part}-{n:02}" for part, last in counted.items() for n in range(1, last + 1)]
    assert [row for row, _ in rows] == expected
    assert all(where.strip() for _, where in rows)


# Laws


def variables_read(path: Path) -> list[str]:
    """Places that look up a variable; handing the whole environment to a child is none."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(attr="getenv" | "environb"):
                found.append(f"{path.name}:{node.lineno}")
            case ast.Subscript(value=ast.Attribute(attr="environ"), ctx=ast.Load()):
                found.append(f"{path.name}:{node.lineno}")
            case ast.Attribute(value=ast.Attribute(attr="environ"), attr="get" | "items" | "pop"):
                found.append(f"{path.name}:{node.lineno}")
            case ast.ImportFrom(module="os", names=names) if any(
                name.name in {"environ", "getenv"} for name in names
            ):
                found.append(f"{path.name}:{node.lineno}")
    return found


def test_only_the_settings_look_up_environment_variables() -> None:
    product = ROOT / "stock_assets"
    others = [path for path in product.rglob("*.py") if path != product / "settings.py"]
    assert not [place for path in others for place in variables_read(path)]


def test_no_drawer_is_called_utils() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [p for p in (ROOT / "stock_assets").rglob("*") if p.stem in drawers]


def test_no_source_holds_the_path_of_a_machine() -> None:
    places = re.compile(r"[\"'\s(](/work|/root|/home|/Users|/tmp)/")
    sources = [*(ROOT / "stock_assets").rglob("*.py"), *(ROOT / "dbt_project/models").rglob("*.*")]
    assert not [str(p) for p in sources if places.search(p.read_text(encoding="utf-8"))]
