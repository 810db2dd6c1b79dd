"""The same models on BigQuery: compiled offline, and their SQL put to the test in DuckDB."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stock_assets_tests.dbt.conftest import Story
from stock_assets_tests.dbt.running import PROJECT

pytestmark = [
    pytest.mark.slow,
    # sqlglot takes this faster parser when it finds it installed, and it warns when it is taken
    pytest.mark.filterwarnings("ignore:sqlglotrs is deprecated:DeprecationWarning"),
]

pytest.importorskip(
    "dbt.adapters.bigquery", reason="needs the extra: pip install stock-assets[gcp]"
)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models as BigQuery would be asked; nothing is asked, no credentials are needed."""
    target = tmp_path_factory.mktemp("bigquery")
    finished = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-c", "from dbt.cli.main import cli; cli()"),
            *("--no-use-colors", "--no-populate-cache", "--log-path", str(target)),
            *("compile", "--no-introspect", "--target", "bigquery"),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(target)),
        ],
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-2000:]
    return target / "compiled" / "stock_assets" / "models"


def test_every_model_is_bigquery_sql_without_a_word_of_duckdb(compiled: Path) -> None:
    import sqlglot

    models = [path for path in compiled.rglob("*.sql") if ".yml" not in str(path)]
    assert len(models) == len(list((PROJECT / "models").rglob("*.sql")))
    for path in models:
        text = path.read_text()
        assert len(sqlglot.parse(text, read="bigquery")) == 1, path.name
        for word in ("hugeint", "try_cast", "timestamptz", "varchar", "isodow", "double"):
            assert word not in text.lower().split(), f"{word} in {path.name}"


@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("intermediate/int_prices__adjusted", "symbol, epoch, session"),
        ("features/features_daily", "symbol, session"),
        ("labels/labels_next_session", "symbol, session"),
        ("marts/training_set", "symbol, session"),
        ("marts/prices_daily", "symbol, session"),
    ],
)
def test_bigquery_s_sql_gives_the_same_rows(
    compiled: Path, story: Story, model: str, key: str
) -> None:
    import sqlglot

    text = (compiled / f"{model}.sql").read_text().replace("`unset`.", "")
    (asked,) = sqlglot.transpile(text, read="bigquery", write="duckdb")
    # What the translation does not carry over: BIGNUMERIC is wide enough for whole numbers of 38
    # digits, as HUGEINT is, and BigQuery counts weekdays from Sunday = 1.
    asked = asked.replace("DECIMAL(38, 5)", "HUGEINT").replace(
        "EXTRACT(DAYOFWEEK FROM session)", "(EXTRACT(DAYOFWEEK FROM session) + 1)"
    )
    answer = story.warehouse.rows(f"select * from ({asked}) order by {key}")
    built = story.other_future[model.split("/")[1]]
    assert answer.column_names == built.column_names
    assert answer.cast(built.schema).equals(built)
