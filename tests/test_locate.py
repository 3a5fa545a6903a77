"""Which workspace is meant: the order of the places is a promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from kamlib.data import locate
from kamlib.errors import KamError


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("KAM_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_named_one_comes_first_then_the_environment_then_the_file(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An argument beats KAM_WORKSPACE, which beats kam.toml, which beats the sample."""
    assert locate.workspace() == str(locate.sample_path())
    (nowhere / "kam.toml").write_text('workspace = "mitt.sqlite"\n', "utf-8")
    assert locate.workspace() == str(nowhere / "mitt.sqlite")
    (nowhere / "djup").mkdir()
    monkeypatch.chdir(nowhere / "djup")
    assert locate.configuration()["workspace"] == "mitt.sqlite"
    monkeypatch.setenv("KAM_WORKSPACE", str(nowhere / "annan.sqlite"))
    assert locate.workspace() == str(nowhere / "annan.sqlite")
    assert locate.workspace(nowhere / "tredje.sqlite") == str(nowhere / "tredje.sqlite")


def test_a_file_named_in_kam_toml_lies_beside_it(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder below, a relative name still means the file beside kam.toml."""
    (nowhere / "kam.toml").write_text('workspace = "mitt.sqlite"\n', "utf-8")
    (nowhere / "djup").mkdir()
    monkeypatch.chdir(nowhere / "djup")
    assert locate.workspace() == str(nowhere / "mitt.sqlite")


def test_a_bare_name_lives_in_the_local_app_data_folder() -> None:
    """Never in the current folder, which a sync program may watch."""
    assert locate.named_workspace("bolaget") == str(locate.app_data() / "bolaget.sqlite")
    assert locate.named_workspace("postgresql://db/kam") == "postgresql://db/kam"


def test_a_broken_kam_toml_is_told(nowhere: Path) -> None:
    """The file and the reason, not a traceback."""
    (nowhere / "kam.toml").write_text("workspace = mitt\n", "utf-8")
    with pytest.raises(KamError, match=r"kam\.toml"):
        locate.workspace()
