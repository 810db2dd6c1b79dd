"""The tree of errors: drawn as it is, explaining itself, reachable."""

from __future__ import annotations

import ast
import inspect
import json
import pickle
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from stock_assets import errors
from stock_assets.errors import RateLimited, StockAssetsError

ALL = sorted(
    (
        thing
        for thing in vars(errors).values()
        if inspect.isclass(thing) and issubclass(thing, StockAssetsError)
    ),
    key=lambda thing: thing.__name__,
)
GROUPS = {"StockAssetsError", "VendorError", "StorageError"}
"""Families: caught, never raised themselves."""

PRODUCT = Path(errors.__file__).parent
TESTS = Path(__file__).parent

_each_error = pytest.mark.parametrize("error", ALL, ids=lambda error: error.__name__)


def drawn_tree(text: str) -> dict[str, str]:
    """Child -> parent, read from the drawing: four columns of indentation per generation."""
    parents: dict[str, str] = {}
    line_of_descent: list[str] = []
    for line in text.splitlines():
        found = re.match(r"^    ([│ ├└─]*)([A-Z]\w+)(\s{2,}\S|$)", line)
        if not found:
            continue
        depth = len(found[1]) // 4
        if depth:
            parents[found[2]] = line_of_descent[depth - 1]
        line_of_descent[depth:] = [found[2]]
    return parents


def test_the_drawing_is_the_tree() -> None:
    actual = {
        error.__name__: error.__bases__[0].__name__
        for error in ALL
        if error is not StockAssetsError
    }
    assert errors.__doc__ is not None
    assert drawn_tree(errors.__doc__) == actual


@_each_error
def test_an_error_says_what_why_and_what_to_do_next(error: type[StockAssetsError]) -> None:
    raised = error("AAPL", reason="it broke.", next_action="mend it.", feed="raw/x", attempts=3)
    assert str(raised) == "AAPL: it broke [feed=raw/x, attempts=3]. Next: mend it."
    assert (raised.value, raised.reason, raised.next_action) == ("AAPL", "it broke", "mend it")
    assert raised.args == (str(raised),)


@_each_error
def test_an_error_cannot_be_made_without_a_reason_and_a_cure(error: type[StockAssetsError]) -> None:
    with pytest.raises(TypeError, match=r"reason|next_action"):
        error("AAPL")  # type: ignore[call-arg]


@_each_error
def test_an_error_survives_pickling_with_all_fields(error: type[StockAssetsError]) -> None:
    sent = error("AAPL", reason="it broke", next_action="mend it", symbol="AAPL", nothing=None)
    got = pickle.loads(pickle.dumps(sent))
    assert type(got) is error
    assert str(got) == str(sent)
    assert vars(got) == vars(sent)
    assert got.context == {"symbol": "AAPL"}


def fail_in_another_process() -> None:
    raise RateLimited("polygon", reason="429", next_action="wait", retry_after_s=12.5, attempts=3)


def test_an_error_raised_in_another_process_arrives_whole() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        error = pool.submit(fail_in_another_process).exception(timeout=60)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 12.5
    assert error.context == {"retry_after_s": 12.5, "attempts": 3}


def test_only_what_may_pass_by_itself_is_retryable() -> None:
    assert {error.__name__ for error in ALL if error.retryable} == {
        "TransportError",
        "RateLimited",
        "VendorOutage",
        "PayloadError",
        "StorageBusy",
    }


@_each_error
def test_no_error_lets_a_command_end_as_if_it_had_worked(error: type[StockAssetsError]) -> None:
    assert 1 <= error.exit_code <= 125


def names_used(path: Path) -> set[str]:
    """Names that a file loads other than to catch, to compare a type or to annotate."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passive: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ExceptHandler(type=ast.AST() as caught):
                passive |= set(ast.walk(caught))
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, kind]):
                passive |= set(ast.walk(kind))
            case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=ast.AST() as annotation):
                passive |= set(ast.walk(annotation))
            case ast.FunctionDef(returns=ast.AST() as returns):
                passive |= set(ast.walk(returns))
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in passive
    }


def test_every_error_is_raised_somewhere_in_the_product() -> None:
    used: set[str] = set()
    for path in PRODUCT.rglob("*.py"):
        if path.name != "errors.py":
            used |= names_used(path)
    unreachable = {error.__name__ for error in ALL} - GROUPS - used
    assert not unreachable, f"no code raises {sorted(unreachable)}"


def test_every_error_is_provoked_by_a_test() -> None:
    provoked: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        if path != Path(__file__):
            provoked |= names_used(path)
    unproven = {error.__name__ for error in ALL} - GROUPS - provoked
    assert not unproven, f"no test provokes {sorted(unproven)}"


def test_a_family_is_never_raised_in_place_of_its_members() -> None:
    raised = {
        f"{path.relative_to(PRODUCT)}: {node.func.id}"
        for path in PRODUCT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GROUPS
    }
    assert not raised


def test_the_tree_can_be_read_without_any_heavy_import() -> None:
    code = "import json, sys, stock_assets.errors; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"dagster", "pandas", "pyarrow", "pydantic"} & set(json.loads(done.stdout))
