"""PostgreSQL without installation: who starts it, who attaches, what it refuses and how it says so."""

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
from environ import Env

from ics_governance import localdb, pgbinaries, pgcluster
from ics_governance.localdb import LocalDB, LocalDBError
from ics_governance.pgbinaries import NoPostgreSQL, User

CHECKOUT = Path(localdb.__file__).parent.parent
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another user")


def open_folder():
    """A new folder that the server's user may walk through, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="ics-test-"))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def place(monkeypatch):
    folder = open_folder()
    monkeypatch.setenv("LOCALDB_DIR", str(folder / "localdb"))
    yield folder / "localdb"
    shutil.rmtree(folder)


@pytest.fixture
def opened():
    """Closes what a test opens, the users before the holder."""
    databases = []
    yield lambda database: databases.append(database) or database
    for database in reversed(databases):
        database.close()


@pytest.fixture(scope="module")
def running():
    """One running database for the tests that only look at it."""
    folder = open_folder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALDB_DIR", str(folder / "localdb"))
        database = LocalDB(CHECKOUT, "shown").ensure()
    yield database
    database.close()
    shutil.rmtree(folder)


def ask(database, role, statement):
    with psycopg.connect(database.url(role), autocommit=True) as connection:
        return connection.execute(statement).fetchone()


def fake_postgresql(folder, version):
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


# --- What a person gets --------------------------------------------------------------------------------------------
def test_the_first_command_starts_a_server_with_a_database_and_two_roles(running):
    assert running.held
    assert ask(running, "web", "select current_user::text, current_database()::text") == ("web", "ics")
    owner = "select pg_get_userbyid(datdba)::text from pg_database where datname = 'ics'"
    assert ask(running, "owner", owner) == ("owner",)


def test_neither_role_is_more_than_it_must_be(running):
    rights = "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user"
    assert ask(running, "web", rights) == (False, False, False, False)
    assert ask(running, "owner", rights) == (False, False, False, False)


@pytest.mark.parametrize("statement", ["create table mine (id int)", "set role owner", "create database mine"])
def test_the_web_role_is_refused_what_is_the_owners(running, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(running, "web", statement)


def test_the_server_is_reached_by_a_private_socket_only(running):
    assert ask(running, "web", "select current_setting('listen_addresses')") == ("",)
    folder = Path(json.loads((running.folder / "secret.json").read_text())["socket"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_killed_clients_statement_is_noticed_within_a_second(running):
    assert ask(running, "web", "select current_setting('client_connection_check_interval')") == ("1s",)


def test_passwords_lie_in_one_private_file_and_are_asked_for(running):
    secret = running.folder / "secret.json"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    known = json.loads(secret.read_text())
    assert len({known["super"], known["owner"], known["web"]}) == 3
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(running.url("web").replace(known["web"], known["owner"]))


@as_root
def test_started_by_root_the_server_runs_as_nobody(running):
    nobody = pwd.getpwnam("nobody").pw_uid
    pid = pgcluster.server_of(running.cluster.data)
    assert Path(f"/proc/{pid}").stat().st_uid == nobody
    assert running.cluster.data.stat().st_uid == nobody
    assert running.folder.stat().st_uid == 0


def test_settings_read_the_address_that_is_handed_on(running):
    for name, role in (("DATABASE_URL", "web"), ("DATABASE_OWNER_URL", "owner")):
        read = Env.db_url_config(running.env()[name])
        assert (read["USER"], read["NAME"], read["HOST"]) == (role, "ics", "")
        assert read["OPTIONS"]["host"].startswith("/")


# --- Holding, attaching, starting again ----------------------------------------------------------------------------
def test_a_second_command_attaches_and_leaves_the_server_running(running, monkeypatch):
    monkeypatch.setenv("LOCALDB_DIR", str(running.base))
    second = LocalDB(CHECKOUT, "shown").ensure()
    assert not second.held
    assert second.env() == running.env()
    second.close()
    assert ask(running, "web", "select 1") == (1,)


def test_who_must_hold_it_is_told_who_holds_it(running, monkeypatch):
    monkeypatch.setenv("LOCALDB_DIR", str(running.base))
    with pytest.raises(LocalDBError, match=rf"process {os.getpid()}\) has been using the local database"):
        LocalDB(CHECKOUT, "shown").ensure(hold=True, patience=0)


def test_data_outlives_the_server_and_the_environment_does_not_disturb_it(place, opened, monkeypatch):
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("PGOPTIONS", "-c search_path=nowhere")
    first = opened(LocalDB(CHECKOUT).ensure())
    with psycopg.connect(first.url("owner"), autocommit=True) as connection:
        connection.execute("create table public.kept as select 42 as answer")
    first.close()
    assert pgcluster.server_of(first.cluster.data) is None
    again = opened(LocalDB(CHECKOUT).ensure())
    assert ask(again, "owner", "select answer from public.kept") == (42,)
    assert again.env() == first.env()


def test_an_unfinished_set_up_is_taken_up_again(place, opened):
    (place / "main" / "data.new" / "base").mkdir(parents=True)  # initdb was killed in the middle
    for folder in (place, place / "main"):
        folder.chmod(0o711)
    first = opened(LocalDB(CHECKOUT).ensure())
    with first.cluster.connect("super", "postgres") as connection:
        connection.execute("drop database ics")  # killed after the roles, before the database
    first.close()
    again = opened(LocalDB(CHECKOUT).ensure())
    assert ask(again, "web", "select current_database()::text") == ("ics",)
    again.close()
    (again.cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n")  # the number of some other program
    third = opened(LocalDB(CHECKOUT).ensure())
    assert ask(third, "web", "select 1") == (1,)


def test_a_server_that_ended_by_itself_is_started_again(place, opened):
    database = opened(LocalDB(CHECKOUT).ensure())
    database.cluster.server.kill()
    database.cluster.server.wait()
    assert not database.running()
    database.restart()
    assert database.running()
    assert ask(database, "web", "select 1") == (1,)


def test_throwaways_live_side_by_side_and_vanish(place, opened):
    first = opened(LocalDB(CHECKOUT, "test", throwaway=True).ensure())
    second = opened(LocalDB(CHECKOUT, "test", throwaway=True).ensure())
    assert first.folder != second.folder
    assert ask(second, "owner", "select current_setting('fsync')") == ("off",)
    assert ask(first, "owner", "select rolcreatedb from pg_roles where rolname = 'owner'") == (True,)
    first.close()
    second.close()
    assert [path.name for path in place.iterdir()] == ["sweep"]


def test_what_a_killed_run_left_is_swept_but_no_running_one(place, opened):
    left = place / "test-1"
    (left / "data").mkdir(parents=True)
    (left / "lock").touch()
    for folder in (place, left):
        folder.chmod(0o711)
    held = opened(LocalDB(CHECKOUT, "test", throwaway=True).ensure())
    assert not left.exists()
    opened(LocalDB(CHECKOUT, "test", throwaway=True).ensure())
    assert held.folder.exists()


def test_a_fork_of_the_holder_does_not_stop_the_server(running):
    child = os.fork()
    if child == 0:
        running.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert ask(running, "web", "select 1") == (1,)


def test_a_long_path_gets_its_socket_in_the_temporary_folder(place):
    deep = place / ("long" * 20)
    deep.mkdir(parents=True)
    cluster = pgcluster.Cluster(deep, None)
    folder = cluster._socket_folder()
    assert folder.parent == Path(tempfile.gettempdir())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert cluster._socket_folder() == folder
    folder.chmod(0o755)
    with pytest.raises(LocalDBError, match="not a private folder"):
        cluster._socket_folder()
    folder.rmdir()


# --- Where ---------------------------------------------------------------------------------------------------------
def test_the_data_lies_in_the_checkout_unless_root_works_in_a_private_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("LOCALDB_DIR", raising=False)
    private = tmp_path / "private" / "checkout"
    private.mkdir(parents=True)
    private.parent.chmod(0o700)
    assert localdb.base_folder(private, None) == private / ".localdb"
    nobody = User(65534, 65534)
    assert localdb.base_folder(private, nobody).parent == Path("/var/lib/ics-governance")
    assert localdb.base_folder(Path("/usr/share"), nobody) == Path("/usr/share/.localdb")


def test_a_folder_that_cannot_be_written_is_named_in_one_sentence(place, monkeypatch):
    monkeypatch.setattr(
        Path, "mkdir", lambda self, *args, **kwargs: (_ for _ in ()).throw(PermissionError(13, "no", self))
    )
    with pytest.raises(LocalDBError) as refused:
        LocalDB(CHECKOUT).ensure()
    assert str(refused.value).endswith("cannot be written. " + localdb.PLACE_ADVICE)


def test_a_folder_that_is_none_is_named_in_one_sentence(monkeypatch):
    monkeypatch.setenv("LOCALDB_DIR", "/dev/null/here")
    with pytest.raises(LocalDBError, match="cannot use /dev/null/here/main: Not a directory"):
        LocalDB(CHECKOUT).ensure()


def test_lost_passwords_are_named_in_one_sentence(place, opened):
    database = opened(LocalDB(CHECKOUT).ensure())
    database.close()
    secret = database.folder / "secret.json"
    kept = secret.read_text()
    secret.unlink()
    with pytest.raises(LocalDBError, match=r"secret\.json is missing"):
        LocalDB(CHECKOUT).ensure()
    wrong = json.loads(kept) | {"super": "another"}
    secret.write_text(json.dumps(wrong))
    with pytest.raises(LocalDBError, match="are not those of its data"):
        LocalDB(CHECKOUT).ensure()


# --- Which PostgreSQL ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", ["14.9", "19beta1"])
def test_a_postgresql_out_of_range_is_refused_in_one_sentence(place, monkeypatch, version):
    folder = open_folder()
    monkeypatch.setenv("PG_BIN", str(fake_postgresql(folder / "bin", version)))
    with pytest.raises(LocalDBError, match=r"PG_BIN is PostgreSQL 1[49](\.9)?; this project needs 15 to 18\.$"):
        LocalDB(CHECKOUT).ensure()
    shutil.rmtree(folder)


def test_a_folder_without_postgresql_is_refused_in_one_sentence(place, monkeypatch, tmp_path):
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(LocalDBError, match="there is no PostgreSQL server in it"):
        LocalDB(CHECKOUT).ensure()


def test_the_machines_newest_in_range_comes_before_the_wheels(tmp_path, monkeypatch):
    for version in ("14.2", "16.1", "17.3", "19.0"):
        fake_postgresql(tmp_path / version.split(".")[0] / "bin", version)
    monkeypatch.delenv("PG_BIN", raising=False)
    monkeypatch.setattr(pgbinaries, "MACHINE_FOLDERS", (str(tmp_path / "*" / "bin"),))
    monkeypatch.setattr(pgbinaries.shutil, "which", lambda name: None)
    found = pgbinaries.find(major=None, user=None, copies=tmp_path)
    assert (found.version, found.origin) == ("17.3", "this machine")
    assert pgbinaries.find(major=16, user=None, copies=tmp_path).version == "16.1"  # existing data decides
    monkeypatch.setenv("PG_BIN", "wheel")
    assert pgbinaries.find(major=None, user=None, copies=tmp_path).origin == "the wheel"
    with pytest.raises(NoPostgreSQL, match="made by version 12"):
        pgbinaries.find(major=12, user=None, copies=tmp_path)


def test_without_any_postgresql_the_ways_out_are_named(tmp_path, monkeypatch):
    monkeypatch.delenv("PG_BIN", raising=False)
    monkeypatch.setattr(pgbinaries, "MACHINE_FOLDERS", ())
    monkeypatch.setattr(pgbinaries, "WHEEL", "no_such_package")
    monkeypatch.setattr(pgbinaries.shutil, "which", lambda name: None)
    with pytest.raises(NoPostgreSQL, match="or set DATABASE_URL and DATABASE_OWNER_URL"):
        pgbinaries.find(major=None, user=None, copies=tmp_path)
    with pytest.raises(NoPostgreSQL, match="made by PostgreSQL 16, which is no longer to be found"):
        pgbinaries.find(major=16, user=None, copies=tmp_path)


@as_root
def test_programs_in_a_private_folder_are_copied_to_where_the_server_may_run_them(place, monkeypatch):
    real = pgbinaries._wheel_folders()[0].parent
    private, copies = place / "private", place / "copies"
    copies.mkdir(parents=True)
    for folder in (place, copies):
        folder.chmod(0o711)
    (private / pgbinaries.WHEEL).mkdir(parents=True)
    (private / pgbinaries.WHEEL / real.name).symlink_to(real)
    (private / f"{pgbinaries.WHEEL}.libs").symlink_to(real.parent.with_name(f"{pgbinaries.WHEEL}.libs"))
    private.chmod(0o700)
    monkeypatch.setenv("PG_BIN", "wheel")
    monkeypatch.setattr(pgbinaries, "_wheel_folders", lambda: [private / pgbinaries.WHEEL / real.name / "bin"])
    found = pgbinaries.find(major=None, user=localdb.server_user(), copies=copies)
    assert copies in found.folder.parents
    assert not list(copies.glob("*/*/*/include"))
    assert pgbinaries.find(major=None, user=localdb.server_user(), copies=copies) == found


# --- In commands ---------------------------------------------------------------------------------------------------
def test_a_command_without_a_database_gets_the_local_one_and_is_a_demonstration(running, monkeypatch):
    closing = []
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DEMO", "SECRET_KEY"):
        monkeypatch.setenv(name, "")  # first set, so that what the command sets is taken back afterwards
        monkeypatch.delenv(name)
    monkeypatch.setattr(localdb, "LocalDB", lambda checkout: running)
    monkeypatch.setattr(running, "ensure", lambda: running)
    monkeypatch.setattr(localdb.atexit, "register", lambda function, **how: closing.append(how))
    localdb.environment()
    assert os.environ["DATABASE_URL"] == running.url("web")
    assert os.environ["DATABASE_OWNER_URL"] == running.url("owner")
    assert os.environ["DEMO"] == "1"
    assert closing == [{"wait_for_others": True}]


def test_a_command_with_a_database_keeps_it(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://web@db/ics")
    monkeypatch.setattr(localdb, "LocalDB", lambda checkout: pytest.fail("started"))
    localdb.environment()
    assert os.environ["DATABASE_URL"] == "postgresql://web@db/ics"


def test_a_command_ends_in_one_sentence_when_there_is_no_database(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LOCALDB_DIR", "/dev/null/here")
    with pytest.raises(SystemExit, match="The local database cannot use") as end:
        localdb.environment()
    assert end.value.code != 0


def test_importing_it_loads_no_settings():
    code = "import sys, ics_governance.localdb; print('ics_governance.settings' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_prompt_says_how_it_is_asked_for():
    with pytest.raises(SystemExit, match=r"psql\|url"):
        localdb.main(["drop"])
