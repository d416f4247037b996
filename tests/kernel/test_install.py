"""Installing the dependencies: what is done again, what is not, and what a person is told."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "requirements" / "install.py"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """The script, for a checkout of its own with a lock file and an environment that looks finished."""
    spec = importlib.util.spec_from_file_location("install", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.txt").write_text("django==5.2.19")
    for name, value in {"CHECKOUT": tmp_path, "VENV": venv, "PYTHON": venv / "bin/python", "LOG": venv / "log"}.items():
        monkeypatch.setattr(script, name, value)
    monkeypatch.setattr(script, "run", lambda command, mode: pytest.fail(f"ran {command}"))
    return script


def test_a_finished_installation_costs_nothing(install):
    install.stamp("base").write_text(install.digest("base"))
    install.main(["base"])


def test_a_changed_lock_file_is_installed_and_a_failure_leaves_no_stamp(install, monkeypatch):
    install.stamp("base").write_text(install.digest("base"))
    (install.CHECKOUT / "requirements" / "base.txt").write_text("django==5.2.20")
    install.LOG.write_text("Temporary failure in name resolution")
    ran = []
    monkeypatch.setattr(install, "run", lambda command, mode: ran.append(command) or 1)
    with pytest.raises(SystemExit, match="could not be downloaded: no network"):
        install.main(["base"])
    assert "--require-hashes" in ran[0]
    assert not install.stamp("base").exists()
    monkeypatch.setattr(install, "run", lambda command, mode: 0)
    install.main(["base"])
    assert install.is_installed("base")


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        ("NewConnectionError: ...", "could not be downloaded: no network"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "is not the one that requirements/base.txt names"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("error: metadata-generation-failed", "The reason is at the end of"),
    ],
)
def test_each_failure_has_its_sentence(install, log, sentence):
    install.LOG.write_text(log)
    assert sentence in install.reason("base")


def test_too_old_a_python_is_refused_before_anything_is_touched(install, monkeypatch):
    monkeypatch.setattr(install.sys, "version_info", (3, 10, 14))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, and .* is 3\.10\.14"):
        install.main(["base"])


def test_a_python_without_venv_is_told_what_it_lacks(install, monkeypatch):
    (install.VENV / "bin" / "python").unlink()
    monkeypatch.setattr(install, "run", lambda command, mode: 1)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        install.main(["base"])
    assert not install.VENV.exists()


def test_a_folder_that_cannot_be_written_is_named(install, monkeypatch):
    def closed(group):
        raise PermissionError(13, "Permission denied", "/srv/site/.venv")

    monkeypatch.setattr(install, "install", closed)
    with pytest.raises(SystemExit, match=r"/srv/site/\.venv cannot be written"):
        install.main(["base"])
