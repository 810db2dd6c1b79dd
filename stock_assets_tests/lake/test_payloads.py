"""Kept answers: byte-exact, stored once, private, and never a wrong byte handed out."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import zstandard

from stock_assets.errors import InputError, StorageCorrupt
from stock_assets.lake import PayloadStore

BODY = b'{"chart": {"result": [1.5, null]}}\x00\xff'


@pytest.fixture(params=["", "file://"], ids=["path", "address"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> PayloadStore:
    return PayloadStore(f"{request.param}{tmp_path}/payloads")


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("body", [b"", BODY, b"a" * 3_000_000])
def test_bytes_come_back_as_they_were(store: PayloadStore, body: bytes) -> None:
    sha = store.put(body)
    assert sha == hashlib.sha256(body).hexdigest()
    assert store.get(sha) == body
    assert sha in store


def test_the_same_answer_is_stored_once_and_compressed(store: PayloadStore, tmp_path: Path) -> None:
    shas = {store.put(b"x" * 100_000) for _ in range(3)}
    (file,) = files(tmp_path)
    (sha,) = shas
    assert file.parts[-3:] == (sha[:2], sha[2:4], f"{sha}.zst")
    assert file.stat().st_size < 1000


def test_what_was_never_kept_is_said_and_what_is_no_hash_is_refused(store: PayloadStore) -> None:
    with pytest.raises(InputError, match="no answer is kept"):
        store.get("0" * 64)
    assert "0" * 64 not in store
    for bad in ("", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "0" * 65):
        with pytest.raises(InputError, match="not a SHA-256"):
            store.get(bad)


def test_a_flipped_byte_is_corruption(store: PayloadStore, tmp_path: Path) -> None:
    body = np.random.default_rng(7).bytes(5000)
    sha = store.put(body)
    (file,) = files(tmp_path)
    whole = file.read_bytes()
    for place in (0, len(whole) // 2, len(whole) - 1):
        broken = bytearray(whole)
        broken[place] ^= 0x40
        file.write_bytes(bytes(broken))
        with pytest.raises(StorageCorrupt):
            store.get(sha)
    file.write_bytes(whole[:-7])
    with pytest.raises(StorageCorrupt):
        store.get(sha)


def test_a_file_that_claims_to_be_enormous_is_not_unpacked(
    store: PayloadStore, tmp_path: Path
) -> None:
    sha = store.put(BODY)
    (file,) = files(tmp_path)
    bomb = bytearray(zstandard.ZstdCompressor().compress(b"\x00" * (1 << 20)))
    claim = zstandard.frame_content_size(bytes(bomb)).to_bytes(4, "little")
    place = bytes(bomb).index(claim)
    bomb[place : place + 4] = (0xF0000000).to_bytes(4, "little")
    file.write_bytes(bytes(bomb))
    with pytest.raises(StorageCorrupt, match="claims to hold 4026531840 bytes"):
        store.get(sha)


def test_nobody_else_may_read_what_is_kept(tmp_path: Path) -> None:
    masked = os.umask(0)
    try:
        PayloadStore(str(tmp_path / "payloads")).put(BODY)
    finally:
        os.umask(masked)
    for path in (tmp_path / "payloads", *(tmp_path / "payloads").rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_drafts_of_dead_processes_are_ignored_and_swept(tmp_path: Path) -> None:
    store = PayloadStore(str(tmp_path))
    old, fresh = tmp_path / ".drafts" / "old", tmp_path / ".drafts" / "fresh"
    for draft in (old, fresh):
        draft.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    PayloadStore(str(tmp_path))
    assert (old.exists(), fresh.exists()) == (False, True)
    assert store.get(store.put(BODY)) == BODY


def test_many_writers_of_the_same_answer_do_not_disturb_each_other(tmp_path: Path) -> None:
    shas: list[str] = []

    def put() -> None:
        shas.append(PayloadStore(str(tmp_path)).put(BODY * 1000))

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(shas)) == 1
    assert len(shas) == 8
    assert len(files(tmp_path)) == 1
