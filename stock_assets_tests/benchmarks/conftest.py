"""Benchmarks are scripts in a folder that is no package: what they share is found there."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
