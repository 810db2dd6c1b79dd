"""Jobs as stages of a command: what is said of them, and what a failed one raises."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from stock_assets.cli.stages import Stages
from stock_assets.errors import RunFailed
from stock_assets.settings import read_settings


@pytest.mark.slow
def test_a_failed_run_is_one_error_that_names_the_step_its_cause_and_the_cure(
    tmp_path: Path,
) -> None:
    terminal = io.StringIO()
    settings = read_settings(home=tmp_path / "home")
    with (
        Stages(settings, Console(file=terminal)) as stages,
        pytest.raises(RunFailed, match=r"publish: step published: .*Next: .*start again"),
    ):
        stages.run("publish", "daily", days=[date(2024, 1, 2)], groups=("published",))
    assert "✓" not in terminal.getvalue()
    assert stages.seconds["publish"] > 0
    assert "Traceback" not in terminal.getvalue()
