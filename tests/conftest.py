"""What all tests share: Swedish unless a test says otherwise."""

from __future__ import annotations

import pytest

from kamlib import text


@pytest.fixture(autouse=True)
def _swedish() -> None:
    text.use("sv")
