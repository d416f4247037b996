"""Bad input to `make run`, by a person at a terminal: one plain sentence, a non-zero exit, no traceback."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from ics_governance.localdb import base_folder
from ics_governance.pgbinaries import User
from tests.prove.conftest import Site, clean_environment, clone, figure, free_port, processes_of, wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
ORDINARY_PYTHON = "/usr/bin/python3"  # root's own Python may lie where nobody else may read it


def refused(folder: Path, *arguments: str, user: str | None = None, **environment: str) -> str:
    """What `make run` says when it refuses; make's own line about the exit code is left out."""
    command = ["make", "run", *arguments]
    if user:
        command = ["runuser", "-u", user, "--", *command]
    environment = {"PORT": str(free_port()), **environment}
    done = subprocess.run(command, cwd=folder, env=clean_environment(**environment), capture_output=True, text=True)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    told = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("make")]
    assert len(told) == 1, done.stderr
    return told[0]


@pytest.fixture(scope="module")
def ready(first_site):
    """A checkout whose dependencies are installed."""
    made, _ = first_site
    if made.make.poll() is None:
        made.ctrl_c()
        made.gone()
    return made.folder


@pytest.fixture
def bare(workshop):
    """A clean clone without its environment."""
    folder = clone(workshop / "bare")
    yield folder
    shutil.rmtree(folder)


def test_a_taken_port(ready):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert refused(ready, f"PORT={port}").startswith(f"Port {port} is taken by another program.")


def test_too_old_a_python(bare, tmp_path):
    old = tmp_path / "python3.9"
    pretend = "import runpy, sys; sys.version_info = (3, 9, 2); sys.executable = 'python3.9'; sys.argv = sys.argv[1:]; "
    pretend += "runpy.run_path(sys.argv[0], run_name='__main__')"
    old.write_text(f'#!/bin/sh\nexec python3 -c "{pretend}" "$@"\n')
    old.chmod(0o755)
    assert refused(bare, f"PYTHON={old}").startswith("This project needs Python 3.11 or newer, and python3.9 is 3.9.2.")


def test_no_python_at_all(bare):
    assert refused(bare, "PYTHON=no-python").startswith("This project needs Python 3.11 or newer, and no python3")


def test_no_network_at_the_first_start_and_the_next_start_takes_it_up_again(bare):
    nowhere = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_CACHE_DIR": str(bare / "cache"),
    }
    said = refused(bare, **nowhere)
    assert said.startswith("The dependencies could not be downloaded: no network")
    assert not list((bare / ".venv").glob(".*-installed"))


def test_an_installation_that_was_killed_is_taken_up_again(bare):
    site = Site(bare)
    with pytest.raises(pytest.fail.Exception):
        site.start(6)
    os.killpg(site.make.pid, 9)
    site.make.wait()
    wait_until(lambda: not site.processes(), 5, "the killed installation's end")
    assert not list((bare / ".venv").glob(".*-installed"))
    figure("start after an installation killed in the middle", site.start(), limit=90)
    site.stop()


@as_root
def test_a_folder_that_cannot_be_written(bare):
    said = refused(bare, f"PYTHON={ORDINARY_PYTHON}", user="nobody", HOME="/tmp")
    assert said == f"{bare}/.venv cannot be written. Change its permissions and try again."


def test_a_place_for_the_database_that_cannot_be_used(ready):
    said = refused(ready, LOCALDB_DIR="/proc/here")
    assert said.startswith("The local database cannot use /proc/here/main: ")


def test_postgresql_out_of_range(ready, tmp_path):
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 13.20'\n")
        (tmp_path / name).chmod(0o755)
    said = refused(ready, PG_BIN=str(tmp_path), LOCALDB_DIR=str(ready / ".another"))
    assert said == "The local database cannot start: PG_BIN is PostgreSQL 13.20; this project needs 15 to 18."


def test_wrong_addresses_of_a_database(ready):
    owner = "postgresql://owner:secret@127.0.0.1:1/ics"
    for url in ("postgresql://web:secret@127.0.0.1:1/ics", "mysql://web:secret@127.0.0.1/ics", "not an address"):
        said = refused(ready, DATABASE_URL=url, DATABASE_OWNER_URL=owner)
        assert said.startswith("DATABASE_URL") and "secret" not in said


@as_root
def test_an_ordinary_user_runs_it_too(workshop):
    folder = clone(workshop / "ordinary")
    subprocess.run(["chown", "-R", "nobody", folder], check=True)
    command = ["runuser", "-u", "nobody", "--", "make", "run", f"PYTHON={ORDINARY_PYTHON}"]
    site = Site(folder, command=command, HOME=str(folder))
    figure("clean clone to Ready as an ordinary user (packages not cached)", site.start())
    site.ctrl_c()
    figure("its Ctrl-C to no process left", site.gone(), limit=10)


@as_root
def test_root_in_a_private_folder_opens_nothing(workshop):
    private = workshop / "private"
    private.mkdir(mode=0o700)
    folder = clone(private / "checkout")
    data = base_folder(folder, User(65534, 65534))
    site = Site(folder)
    try:
        figure("clean clone in root's private folder to Ready", site.start())
        assert any("postgres" in command for command in processes_of(data).values())
        assert private.stat().st_mode & 0o777 == 0o700
        assert not (folder / ".localdb").exists()
        os.kill(site.pid("-m ics_governance.supervisor"), 9)
        figure("its kill -9: gone after", site.gone(), limit=10)
        wait_until(lambda: not processes_of(data), 10, "the database's end")
    finally:
        site.stop()
        shutil.rmtree(data, ignore_errors=True)
