"""A lake's place: founded once, for one environment, readable by its owner alone."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from stock_assets.errors import ConfigError, EnvironmentMixed, StorageCorrupt, StorageUnavailable
from stock_assets.lake.root import MARKER, LakeRoot, make_durable


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_lake_says_whose_data_it_holds_and_keeps_it_private(tmp_path: Path) -> None:
    masked = os.umask(0)
    try:
        LakeRoot.open(str(tmp_path / "home" / "lake"), "sandbox")
    finally:
        os.umask(masked)
    lake = tmp_path / "home" / "lake"
    assert json.loads((lake / MARKER).read_text()) == {"environment": "sandbox"}
    assert (mode(lake), mode(lake / MARKER)) == (0o700, 0o600)
    assert [entry.name for entry in lake.iterdir()] == [MARKER]


def test_the_first_environment_keeps_the_lake_for_ever(tmp_path: Path) -> None:
    LakeRoot.open(str(tmp_path), "live")
    LakeRoot.open(str(tmp_path), "live")
    with pytest.raises(EnvironmentMixed, match="holds live data, and was opened for sandbox"):
        LakeRoot.open(str(tmp_path), "sandbox")


def test_asking_whose_data_a_lake_holds_founds_none(tmp_path: Path) -> None:
    lake = tmp_path / "home" / "lake"
    assert LakeRoot.owner_at(str(lake)) is None
    assert not lake.exists()
    LakeRoot.open(str(lake), "sandbox")
    assert LakeRoot.owner_at(str(lake)) == "sandbox"
    (lake / MARKER).write_text("{")
    with pytest.raises(StorageCorrupt, match="the marker that says whose data this is"):
        LakeRoot.owner_at(str(lake))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_an_unreadable_marker_stops_everything(tmp_path: Path, text: str) -> None:
    (tmp_path / MARKER).write_text(text)
    with pytest.raises(StorageCorrupt, match="the marker that says whose data this is"):
        LakeRoot.open(str(tmp_path), "live")


@pytest.mark.parametrize("name", ["50%20off", "a*b", "what?", "[x]"])
def test_paths_that_delta_or_duckdb_would_misread_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="choose a directory without these characters"):
        LakeRoot.open(str(tmp_path / name), "live")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_of_somebody_else_is_refused_at_the_start(tmp_path: Path) -> None:
    LakeRoot.open(str(tmp_path), "live")
    tmp_path.chmod(0o500)
    with pytest.raises(StorageUnavailable, match="cannot be written"):
        LakeRoot.open(str(tmp_path), "live")


def test_forcing_a_missing_file_to_disk_is_an_error_and_not_a_shrug(tmp_path: Path) -> None:
    make_durable([])
    with pytest.raises(FileNotFoundError):
        make_durable([tmp_path / "gone"])
