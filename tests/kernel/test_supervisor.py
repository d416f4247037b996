"""`make run`: what it refuses in one sentence, and the life of a site from port to stop.

The life is that of a stand-in site, whose servers are a few lines long; `make prove` takes the real one and kills it.
"""

import importlib.util
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from ics_governance import preflight, servers, supervisor
from ics_governance.localdb import LocalDB
from ics_governance.processes import alive
from ics_governance.servers import Child
from ics_governance.supervisor import Supervisor

CHECKOUT = Path(supervisor.__file__).parent.parent
MANAGE = """
import os, sys
print("ran", *sys.argv[1:2])
if sys.argv[1] in os.environ.get("FAILING", "").split():
    sys.exit("first line\\nthe reason")
"""
WEB = """
import socket, sys, os
listener = socket.socket(fileno=int(sys.argv[1]))
while True:
    connection, _ = listener.accept()
    connection.recv(1000)
    connection.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nlive")
    connection.close()
"""


class StandIn(Supervisor):
    """The supervisor with servers that start at once; `watching` is what a test does while the site is up."""

    watching = staticmethod(lambda site: None)

    def _servers(self, listener):
        real = super()._servers(listener)
        web = [sys.executable, "-c", WEB, str(listener.fileno())]
        worker = [sys.executable, "-c", "import signal; signal.pause()"]
        for child, command in zip(real, (web, worker), strict=True):
            child.command = command
        return real

    def _watch(self):
        self.watching(self)


@pytest.fixture(scope="module")
def database():
    folder = Path(tempfile.mkdtemp(prefix="ics-test-"))
    folder.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALDB_DIR", str(folder / "localdb"))
        database = LocalDB(CHECKOUT, "real").ensure()
    with psycopg.connect(database.url("owner")) as connection:
        connection.execute("create table public.cache (cache_key text)")
        connection.execute("create table public.django_migrations (id bigint)")
    yield database
    database.close()
    shutil.rmtree(folder)


@pytest.fixture
def environment(database, tmp_path):
    return {"PATH": os.environ["PATH"], "PORT": str(free_port()), "RUN_DIR": str(tmp_path / "run"), **database.env()}


@pytest.fixture
def site(environment, tmp_path):
    """Makes stand-in sites of one checkout; restores the signals they take."""
    before = {sig: signal.getsignal(sig) for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    (tmp_path / "manage.py").write_text(MANAGE)
    (tmp_path / "staticfiles").mkdir()
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "code").write_text(str(tmp_path))  # another version of the code in each test
    made = []

    def make(**more):
        made.append(StandIn(environment | more, checkout=tmp_path))
        return made[-1]

    yield make
    for one in made:
        one._stop()
    for sig, handler in before.items():
        signal.signal(sig, handler)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# --- The life of a site --------------------------------------------------------------------------------------------
def test_a_site_is_prepared_served_and_ended(site, capfd):
    seen = {}

    def look(running):
        seen.update({child.name: child.process.pid for child in running.children})
        assert servers.answers(int(running.environment["PORT"]))

    started = site()
    started.watching = look
    assert started.run() == 0
    said = capfd.readouterr().out
    steps = [
        "ran migrate",
        "ran seed_reference",
        "ran seed_frameworks",
        "ran seed_rulesets",
        "ran seed_demo",
        "Ready: http://127.0.0.1:",
        "Stopping web server",
    ]
    assert [said.index(step) for step in steps] == sorted(said.index(step) for step in steps)
    assert set(seen) == {"web server", "worker"}
    assert not any(alive(pid) for pid in seen.values())


def test_what_ends_by_itself_is_started_again(site, capfd):
    def kill_and_look(running):
        for child in running.children:
            first = child.process
            first.kill()
            first.wait()
            running._look_after(child)
            child.due = 0.0  # the pause is another test's
            running._look_after(child)
            assert child.process.pid != first.pid

    started = site()
    started.watching = kill_and_look
    assert started.run() == 0
    assert "The worker ended by itself (exit code -9)" in capfd.readouterr().out


def test_a_server_that_keeps_ending_is_tried_ever_later_but_a_steady_one_at_once(tmp_path):
    child = Child("worker", [], signal.SIGQUIT, tmp_path / "log", {}, tmp_path)
    child.started = time.monotonic()
    assert [child.plan_restart() for _ in range(7)] == [0.5, 1, 2, 4, 8, 15, 15]
    child.started -= 60
    assert child.plan_restart() == 0


def test_a_second_start_prepares_nothing_again_unless_something_changed(site, capfd, tmp_path, database):
    def prepared():
        assert site().run() == 0
        said = capfd.readouterr().out
        assert ("ran migrate" in said) == ("ran collectstatic" in said)
        return "ran migrate" in said

    assert prepared()
    assert not prepared()
    with psycopg.connect(database.url("owner")) as connection:
        connection.execute("insert into django_migrations values (1)")
    assert site().run() == 0
    assert "ran migrate" in capfd.readouterr().out
    assert not prepared()
    (tmp_path / "static" / "code").write_text("changed")
    assert prepared()


def test_a_start_that_failed_is_not_taken_for_prepared(site, capfd):
    assert site(FAILING="seed_demo").run() == 1
    assert site().run() == 0
    assert "ran seed_demo" in capfd.readouterr().out


def test_a_failing_step_ends_the_start_with_its_reason(site, capfd):
    assert site(FAILING="seed_reference").run() == 1
    told = capfd.readouterr().err
    assert told.startswith("Loading England's organisations: this failed with 'the reason'. See ")
    assert told.count("\n") == 1


def test_ctrl_c_during_the_start_leaves_no_step_behind(site, tmp_path):
    (tmp_path / "manage.py").write_text("import signal; print('begun', flush=True); signal.pause()")
    started = site()
    say = started.say

    def interrupt(text):
        say(text)
        if "begun" in text:
            os.kill(os.getpid(), signal.SIGINT)

    started.say = interrupt
    assert started.run() == 0
    assert not started.children
    assert all(step.poll() is not None for step in started.steps)


def test_a_web_server_that_does_not_start_is_told_with_its_last_words(site, capfd, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "WEB", "import sys; sys.exit('no such module')")
    assert site().run() == 1
    assert "The web server did not start: no such module. See " in capfd.readouterr().err


def test_the_servers_do_not_know_the_owners_address(site):
    started = site(DATABASE_ROLE="owner")
    started.watching = lambda running: [
        pytest.fail("leaked")
        for child in running.children
        if {"DATABASE_OWNER_URL", "DATABASE_ROLE"} & set(child.environment)
    ]
    assert started.run() == 0


def test_without_a_key_of_its_own_a_site_is_a_demonstration_whose_key_stays(site, tmp_path):
    started = site()
    assert started.run() == 0
    key = tmp_path / "run" / "secret_key"
    assert started.environment["DEMO"] == "1"
    assert started.environment["SECRET_KEY"] == key.read_text()
    assert key.stat().st_mode & 0o077 == 0
    again = site()
    assert again.run() == 0
    assert again.environment["SECRET_KEY"] == started.environment["SECRET_KEY"]


def test_with_a_key_of_its_own_it_is_a_real_site_and_nothing_is_invented(site, capfd):
    started = site(SECRET_KEY="long and random")
    assert started.run() == 0
    assert "DEMO" not in started.environment
    assert "seed_demo" not in capfd.readouterr().out


# --- Refusals, each one sentence -----------------------------------------------------------------------------------
def refusal(site, capfd, **environment):
    assert site(**environment).run() == 1
    said = capfd.readouterr()
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err + said.out
    return said.err.strip()


def test_a_taken_port_is_refused_and_another_suggested(site, capfd):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refusal(site, capfd, PORT=str(port))
    assert said.startswith(f"Port {port} is taken by another program. Stop it, or choose another: make run PORT=")


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "80.5", "²"])
def test_a_port_that_is_none_is_refused(site, capfd, port):
    assert refusal(site, capfd, PORT=port) == f"PORT is '{port}'; a port is a number from 1 to 65535."


def test_a_second_site_of_the_same_checkout_is_refused(site, capfd):
    first = site()
    first._take_turn(8123)
    assert refusal(site, capfd) == f"This site is already running: http://127.0.0.1:8123 (process {os.getpid()})."


def test_a_folder_that_cannot_be_written_is_refused(site, capfd):
    assert refusal(site, capfd, RUN_DIR="/dev/null/run") == "/dev/null/run cannot be used: Not a directory."


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://web@h/ics", "DATABASE_URL is not a PostgreSQL address. It looks like postgresql://web:password@h"),
        ("postgresql://web:secret", "DATABASE_URL is not a PostgreSQL address."),
        ("postgresql://w:secret@127.0.0.1:99999/ics", 'DATABASE_URL: connection is bad: invalid port number: "99999".'),
        ("postgresql://w:secret@127.0.0.1:1/ics", "DATABASE_URL: no PostgreSQL answers at 127.0.0.1:1."),
        ("postgresql://w:secret@none.invalid/ics", "DATABASE_URL: there is no host of the name none.invalid:5432."),
    ],
)
def test_a_wrong_address_is_refused_and_its_password_kept_secret(site, capfd, url, sentence):
    said = refusal(site, capfd, DATABASE_URL=url)
    assert said.startswith(sentence)
    assert "secret" not in said


def test_a_wrong_password_is_refused(site, capfd, database):
    known = database.cluster._secret
    said = refusal(site, capfd, DATABASE_URL=database.url("web").replace(known["web"], "wrong"))
    assert said == f"DATABASE_URL: {known['socket']}:5432 does not accept the password of 'web'."


def test_a_missing_database_is_refused(site, capfd, database):
    said = refusal(site, capfd, DATABASE_URL=database.url("web", "none"))
    assert said.startswith("DATABASE_URL: there is no database 'none' at ")


def test_one_address_without_the_other_is_refused(site, capfd):
    assert "DATABASE_OWNER_URL is not" in refusal(site, capfd, DATABASE_OWNER_URL="")
    assert "DATABASE_URL is not" in refusal(site, capfd, DATABASE_URL="")


def test_serving_as_a_superuser_is_refused(site, capfd, database):
    said = refusal(site, capfd, DATABASE_URL=database.url("super"))
    assert said.startswith("The site does not serve as 'super', who is a superuser: row-level security would not hold.")


def test_serving_as_the_owner_is_refused(site, capfd, database):
    said = refusal(site, capfd, DATABASE_URL=database.url("owner"))
    assert said.startswith("The site does not serve as 'owner', who owns the database")


def test_serving_as_a_role_that_row_level_security_does_not_bind_is_refused(site, capfd, database):
    with database.cluster.connect("super", "ics") as connection:
        connection.execute("alter role web bypassrls")
        try:
            assert "exempt from row-level security" in refusal(site, capfd)
        finally:
            connection.execute("alter role web nobypassrls")


def test_migrating_as_a_role_that_may_not_is_refused(site, capfd, database):
    said = refusal(site, capfd, DATABASE_OWNER_URL=database.url("web"))
    assert said == "DATABASE_OWNER_URL: 'web' may not make tables in this database."


def test_two_addresses_of_different_databases_are_refused(site, capfd, database):
    said = refusal(site, capfd, DATABASE_OWNER_URL=database.url("super", "postgres"))
    assert said == "DATABASE_URL and DATABASE_OWNER_URL lead to different databases."


@pytest.mark.parametrize(("oldest", "newest"), [(10, 14), (19, 21)])
def test_a_server_out_of_range_is_refused(site, capfd, monkeypatch, oldest, newest):
    monkeypatch.setattr(preflight, "OLDEST", oldest)
    monkeypatch.setattr(preflight, "NEWEST", newest)
    assert refusal(site, capfd).endswith(f"this project needs {oldest} to {newest}.")


# --- The container's way in ----------------------------------------------------------------------------------------
def test_a_container_checks_its_database_and_becomes_its_command(database, monkeypatch):
    became = []
    monkeypatch.setattr(preflight.os, "execvp", lambda program, arguments: became.append((program, arguments)))
    monkeypatch.setenv("DATABASE_URL", database.url("web"))
    preflight.main(["gunicorn", "--threads", "4"])
    assert became == [("gunicorn", ["gunicorn", "--threads", "4"])]


def test_a_container_with_the_owners_address_does_not_start(database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database.url("owner"))
    with pytest.raises(SystemExit, match="does not serve as 'owner'"):
        preflight.main(["gunicorn"])
    monkeypatch.setenv("DATABASE_URL", "")
    with pytest.raises(SystemExit, match="DATABASE_URL is not set"):
        preflight.main(["gunicorn"])


def test_gunicorn_itself_refuses_to_serve_as_the_owner(database, monkeypatch):
    spec = importlib.util.spec_from_file_location("gunicorn_settings", CHECKOUT / "gunicorn.conf.py")
    settings = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(settings)
    monkeypatch.setenv("DATABASE_URL", database.url("web"))
    settings.on_starting(None)
    monkeypatch.setenv("DATABASE_URL", database.url("owner"))
    with pytest.raises(SystemExit, match="does not serve as 'owner'"):
        settings.on_starting(None)


def test_redis_that_does_not_answer_is_told_but_no_reason_to_stay_away(site, capfd):
    assert site(REDIS_URL="redis://127.0.0.1:1/0").run() == 0
    assert "Redis does not answer at 127.0.0.1:1: pages work, jobs wait until it does." in capfd.readouterr().out


def test_an_address_of_redis_that_is_none_is_refused(site, capfd):
    assert refusal(site, capfd, REDIS_URL="http://redis").startswith("REDIS_URL is not a Redis address.")
