"""Settings: the only reader of environment variables.

Belongs here: every setting with its type, default and meaning; where things lie under the home.
Does not belong here: what is done with a setting. Everybody else is handed values.

Read once, when asked (``Settings()``), never while importing. Variables begin with
``STOCK_ASSETS_`` and may stand in ``.env``; vendors' keys keep the names the vendors use
(``POLYGON_API_KEY``) and may also stand in ``credentials.json``. The environment wins over both.
Secrets are masked wherever a setting is printed.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from stock_assets.credentials import (
    CREDENTIALS_FILE,
    DOTENV_FILE,
    check_dotenv,
    read_credentials,
)
from stock_assets.errors import BadSymbol, ConfigError
from stock_assets.market import check_symbols, companies

PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent

Vendor = Literal["yahoo", "polygon", "alpha_vantage"]

_NOT_SET: Final = "none"
"""What a variable says to override a value in ``.env`` with none at all."""


def _key(name: str, meaning: str) -> SecretStr | None:
    """A vendor's key under the name that the vendor uses."""
    key: SecretStr | None = Field(
        None, validation_alias=AliasChoices(name.upper(), name), description=meaning
    )
    return key


class Settings(BaseSettings):
    """All settings, frozen. Paths are derived from ``home``, so two homes never share a file."""

    model_config = SettingsConfigDict(
        env_prefix="STOCK_ASSETS_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        validate_default=True,
        env_parse_none_str=_NOT_SET,
        hide_input_in_errors=True,
    )

    home: Path = Field(Path("data"), description="Directory that holds everything we write.")
    lake: str | None = Field(
        None,
        description="Where the lake lies: a local path or gs://bucket/path. Default: home/lake.",
    )
    environment: Literal["sandbox", "live"] = Field(
        "live", description="Twin or real vendors; a home belongs to one of them for ever."
    )
    sandbox_url: str | None = Field(
        None, description="Base URL of the twin (http://127.0.0.1:PORT) when environment=sandbox."
    )
    now: datetime | None = Field(
        None, description="The market's present, for replays against the twin. Default: the clock."
    )
    symbols: Annotated[tuple[str, ...], NoDecode] = Field(
        tuple(company.symbol for company in companies()),
        description="The universe, comma separated. Default: 50 large companies.",
    )
    universe: Literal["magnificent_seven", "fifty", "sp500"] | None = Field(
        None,
        description="A universe by name instead of symbols; an index as it was on each day.",
    )
    vendor_priority: Annotated[tuple[Vendor, ...], NoDecode] = Field(
        ("polygon", "yahoo"), description="Whose bar counts when several vendors have one."
    )
    backfill_years: float = Field(1.0, gt=0, le=36, description="History fetched by a first run.")
    polygon_api_key: SecretStr | None = _key("polygon_api_key", "Prices, listings, news.")
    alpha_vantage_api_key: SecretStr | None = _key("alpha_vantage_api_key", "Prices, economy.")
    finnhub_api_key: SecretStr | None = _key("finnhub_api_key", "Fundamentals, news, calendar.")
    newsapi_api_key: SecretStr | None = _key("newsapi_api_key", "News.")
    fred_api_key: SecretStr | None = _key("fred_api_key", "The economy, with all vintages.")
    polygon_requests_per_minute: float = Field(5.0, gt=0, description="The free plan allows 5.")
    yahoo_requests_per_minute: float = Field(120.0, gt=0, description="Unpublished; stay polite.")
    alpha_vantage_requests_per_minute: float = Field(5.0, gt=0)
    alpha_vantage_requests_per_day: int = Field(25, gt=0, description="The free plan allows 25.")
    finnhub_requests_per_minute: float = Field(60.0, gt=0, description="The free plan allows 60.")
    newsapi_requests_per_day: int = Field(
        100, gt=0, description="Developers are allowed 100, half of them in any 12 hours."
    )
    fred_requests_per_minute: float = Field(120.0, gt=0, description="FRED allows 120.")
    open_requests_per_minute: float = Field(
        60.0, gt=0, description="Per vendor that needs no key and publishes no limit."
    )
    lexicon: Literal["textblob", "financial"] = Field(
        "textblob", description="Which word list judges how news sounds."
    )
    request_deadline_s: float = Field(60.0, gt=0, description="Total time for one vendor request.")
    request_attempts: int = Field(3, ge=1, le=10, description="Tries for errors that may pass.")
    retention_days_financial: int = Field(
        90, ge=1, description="Days that answers about companies, and hourly looks, are kept."
    )
    retention_days_movements: int = Field(90, ge=1, description="Likewise answers with prices.")
    retention_days_news: int = Field(60, ge=1, description="Likewise answers with news.")
    retention_days_macro: int = Field(365, ge=1, description="Likewise the economy.")
    retention_days_policy: int = Field(730, ge=1, description="Likewise policy.")
    retention_hold: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Loads, feeds or SHA-256 of answers that an audit needs; they stay."
    )
    alert_webhook: SecretStr | None = Field(
        None, description="URL that is told of failed runs, as JSON. Default: the log only."
    )
    dbt_project_dir: Path = PROJECT_ROOT / "dbt_project"
    warehouse_target: Literal["duckdb", "bigquery"] = "duckdb"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Values given, then the environment, then ``.env``, then ``credentials.json``."""
        check_dotenv(DOTENV_FILE)
        secrets = read_credentials(CREDENTIALS_FILE, [name.upper() for name in _KEYS])
        named = {name.lower(): value for name, value in secrets.items()}
        return (
            init_settings,
            env_settings,
            dotenv_settings,
            InitSettingsSource(settings_cls, init_kwargs=dict(named)),
        )

    @field_validator("home", "dbt_project_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        # Libraries change the working directory of this process; a relative path would move.
        return value.expanduser().resolve()

    @field_validator("symbols", "vendor_priority", "retention_hold", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(v.strip() for v in value.split(",") if v.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator(
        "polygon_api_key",
        "alpha_vantage_api_key",
        "finnhub_api_key",
        "newsapi_api_key",
        "fred_api_key",
        "alert_webhook",
    )
    @classmethod
    def _check_secret(cls, value: SecretStr | None) -> SecretStr | None:
        """A secret without the blanks around it; one that is left empty is none."""
        text = value.get_secret_value().strip() if value else ""
        if not (text.isascii() and text.isprintable()):
            raise ValueError("holds a character that no key has, such as a line break")
        return SecretStr(text) if text else None

    @field_validator("symbols")
    @classmethod
    def _check_symbols(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return check_symbols(value)
        except BadSymbol as error:
            raise ValueError(str(error)) from None

    @field_validator("now")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a UTC offset, such as 2021-04-22T06:30:00Z")
        return value.astimezone(UTC) if value else None

    @field_validator("sandbox_url")
    @classmethod
    def _loopback(cls, value: str | None) -> str | None:
        if value and urlsplit(value).hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError("the twin lives on loopback only, such as http://127.0.0.1:8765")
        return value.rstrip("/") if value else None

    @property
    def lake_root(self) -> str:
        """Where the lake's tables lie: a local path or a gs:// address."""
        return self.lake or str(self.home / "lake")

    @property
    def payload_root(self) -> str:
        """Where the vendors' answers lie, beside the lake when that is remote."""
        return f"{self.lake.rstrip('/')}/payloads" if self.lake else str(self.home / "payloads")

    @property
    def warehouse(self) -> Path:
        """dbt's database; nobody else writes it."""
        return self.home / "warehouse.duckdb"

    @property
    def lake_snapshot(self) -> Path:
        """Which version of each lake table the warehouse is built from."""
        return self.home / "lake_snapshot.json"

    @property
    def lake_copies(self) -> Path:
        """Local copies of the data files of a lake that lies behind an address."""
        return self.home / "lake_copies"

    @property
    def serving(self) -> Path:
        """The link that readers open; it always points to a whole build."""
        return self.home / "serving.duckdb"

    @property
    def predictions_csv(self) -> Path:
        """The newest predictions as a file for spreadsheets (S0-49)."""
        return self.home / "predictions.csv"

    @property
    def mlflow_database(self) -> Path:
        """MLflow's tracking and registry database."""
        return self.home / "mlflow.db"

    @property
    def mlflow_artifacts(self) -> Path:
        """MLflow's files: models, plots."""
        return self.home / "mlflow-artifacts"

    @property
    def lock_hash(self) -> str:
        """SHA-256 of the lock file that pins every library; of nothing where it is not shipped."""
        lock = PROJECT_ROOT / "requirements.lock"
        return hashlib.sha256(lock.read_bytes() if lock.is_file() else b"").hexdigest()

    @property
    def twin_file(self) -> Path:
        """What a demo's twin was told, so that the same market can be served again."""
        return self.home / "twin.json"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage of runs and events."""
        return self.home / "dagster"

    @property
    def locks(self) -> Path:
        """Lock files and shared rate budgets."""
        return self.home / "locks"

    def as_environment(self) -> dict[str, str]:
        """The variables from which a child process reads these very settings, secrets included."""
        return {_variable(name): _as_text(value) for name, value in self}


_KEYS: Final = tuple(name for name in Settings.model_fields if name.endswith("_api_key"))
"""The settings that are vendors' keys."""


def read_settings(**overrides: object) -> Settings:
    """The settings from the environment and ``.env``; ``overrides`` win.

    Raises:
        ConfigError: naming every setting that is wrong and how to set it, all at once.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = [
            f"{_variable(str(problem['loc'][0]))} {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigError(
            "settings",
            reason="; ".join(wrong),
            next_action="set these variables in the environment or in .env",
        ) from None


def _variable(field: str) -> str:
    return field.upper() if field.lower().endswith("api_key") else f"STOCK_ASSETS_{field.upper()}"


def _as_text(value: object) -> str:
    match value:
        case None:
            return _NOT_SET
        case SecretStr():
            return value.get_secret_value()
        case tuple():
            return ",".join(map(str, value))
        case datetime():
            return value.isoformat()
        case _:
            return str(value)
