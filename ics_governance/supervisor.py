"""What `make run` runs: one process that brings up the whole site and takes it down again.

In this order: the port (so that nobody can take it in between), the database, migrations, reference and demo data,
then the web server and the worker. Every half second it starts again what has ended. Ctrl-C stops web and worker, then
the database. If this process is killed, the kernel tells its children to end (see `processes`).

Problems that a person can mend end it with one sentence and exit code 1.
"""

import contextlib
import fcntl
import os
import secrets
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from environ import Env

from ics_governance.localdb import CHECKOUT, Busy, LocalDB, LocalDBError
from ics_governance.preflight import NotReady, cache_table_exists, check_both, redis_silent_at
from ics_governance.preparation import digest_of, is_prepared, mark_prepared
from ics_governance.processes import die_with_parent, end, end_with_parent, last_lines
from ics_governance.servers import Child, answers, port_of, take_port

BEAT = 0.5  # seconds between two looks at the servers
HOLD_LIMIT = 30.0  # seconds that another command may keep the local database to itself
BRIEF = ((signal.SIGTERM, 2.0), (signal.SIGQUIT, 1.5), (signal.SIGKILL, 2.0))  # a job cut short is done again
START_LIMIT = 60.0  # seconds until the site must answer


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or ended us, while we were still starting."""


class Supervisor:
    """One running site."""

    def __init__(self, environment: Mapping[str, str], *, checkout: Path = CHECKOUT) -> None:
        self.begun = time.monotonic()
        self.checkout = checkout
        self.environment = dict(environment)
        self.run_dir = Path(environment.get("RUN_DIR") or checkout / ".run")
        self.children: list[Child] = []
        self.steps: list[subprocess.Popen[bytes]] = []
        self.database: LocalDB | None = None
        self.listener: socket.socket | None = None
        self.turn: int | None = None
        self.stopping = 0

    def say(self, text: str) -> None:
        """A line for the person at the terminal, with the seconds since the start."""
        print(f"{time.monotonic() - self.begun:6.1f} s  {text}", flush=True)

    # --- The life of the site --------------------------------------------------------------------------------------
    def run(self) -> int:
        """Start, watch, stop. Returns the exit code."""
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, self._asked_to_stop)
        if "MAKELEVEL" in self.environment:
            end_with_parent(signal.SIGTERM)  # `make` was killed: nobody is left to press Ctrl-C
        try:
            self._start()
            self._watch()
        except (NotReady, LocalDBError) as error:
            print(error, file=sys.stderr, flush=True)
            return 1
        except Stopped:
            pass
        except OSError as error:
            print(f"{error.filename or self.run_dir} cannot be used: {error.strerror}.", file=sys.stderr, flush=True)
            return 1
        finally:
            self._stop()
        return 0

    def _start(self) -> None:
        port = port_of(self.environment)
        self._take_turn(port)
        self.listener = take_port(port)
        self.environment.setdefault("SITE_URL", f"http://127.0.0.1:{port}")
        self._choose_kind_of_site()
        if self.environment.get("REDIS_URL") and (silent := redis_silent_at(self.environment["REDIS_URL"])):
            self.say(f"Redis does not answer at {silent}: pages work, jobs wait until it does.")
        self._prepare_database()
        self._prepare_site()
        for child in self._servers(self.listener):
            self.children.append(child)
            child.start()
        self._wait_until_it_answers(port)
        self._announce(port)

    def _watch(self) -> None:
        while not self.stopping:
            time.sleep(BEAT)
            if self.database and self.database.held and not self.database.running() and not self.stopping:
                self.say("The database ended by itself; starting it again.")
                self.database.restart()
            for child in self.children:
                self._look_after(child)

    def _look_after(self, child: Child) -> None:
        if child.ended() and child.process:
            code = child.process.returncode
            end([child.process], ((signal.SIGKILL, 0.0),))  # what is left of its session
            pause = child.plan_restart()
            when = f"in {pause:.0f} s" if pause >= 1 else "again"
            self.say(f"The {child.name} ended by itself (exit code {code}); starting it {when}. See {child.log}")
        if child.process is None and time.monotonic() >= child.due and not self.stopping:
            child.start()

    def _stop(self) -> None:
        running = [child.process for child in self.children if child.process]
        if running:
            self.say("Stopping web server and worker ...")
        end(self.steps)
        end(running, BRIEF)
        if self.listener:
            self.listener.close()
        if self.database:
            held = self.database.held
            self.database.close()
            if held:
                self.say("Stopped; the database too.")
        if self.turn is not None:
            os.close(self.turn)
            self.turn = None

    def _asked_to_stop(self, sig: int, frame: object) -> None:
        self.stopping += 1
        if self.stopping > 1:  # a second Ctrl-C: no more patience
            for child in self.children:
                if child.process and child.process.poll() is None:
                    child.process.kill()

    # --- Before anything is served ---------------------------------------------------------------------------------
    def _take_turn(self, port: int) -> None:
        """One site for each checkout: two workers on the same queue folder would be one too many."""
        for folder in (self.run_dir, self.run_dir / "queue", self.run_dir / "control"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.turn = os.open(self.run_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self.turn, 200).decode(errors="replace")
            raise NotReady(f"This site is already running: {holder or 'another start is under way'}.") from None
        os.ftruncate(self.turn, 0)
        os.pwrite(self.turn, f"http://127.0.0.1:{port} (process {os.getpid()})".encode(), 0)
        for unfinished in (self.run_dir / "queue").glob(".*"):
            unfinished.unlink()  # a message that a killed process was just writing or taking
        for log in self.run_dir.glob("*.log"):
            log.rename(log.with_suffix(".log.before"))

    def _choose_kind_of_site(self) -> None:
        """Without a key of one's own it is a demonstration; its key is made once and kept beside the logs."""
        if self.environment.get("SECRET_KEY"):
            return
        self.environment.setdefault("DEMO", "1")
        path = self.run_dir / "secret_key"
        if not path.exists():
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
        self.environment["SECRET_KEY"] = path.read_text()

    def _prepare_database(self) -> None:
        url, owner = self.environment.get("DATABASE_URL"), self.environment.get("DATABASE_OWNER_URL")
        if url and not owner:
            raise NotReady("DATABASE_URL is set, but DATABASE_OWNER_URL is not: migrations need the owner's address.")
        if owner and not url:
            raise NotReady("DATABASE_OWNER_URL is set, but DATABASE_URL is not: the site needs a role of its own.")
        if url and owner:
            self.say(f"Database: PostgreSQL {check_both(url, owner).version}, by DATABASE_URL")
            return
        self.database = self._hold(LocalDB(self.checkout))
        binaries = self.database.cluster.binaries
        assert binaries
        self.say(f"Database: PostgreSQL {binaries.version} ({binaries.origin}), data in {self.database.folder}")
        self.environment.update(self.database.env())

    def _hold(self, database: LocalDB) -> LocalDB:
        """Become the holder: a command that started the server for itself would take it away at its end."""
        deadline = time.monotonic() + HOLD_LIMIT
        told = False
        while True:
            try:
                return database.ensure(hold=True, patience=0)
            except Busy:
                if time.monotonic() > deadline:
                    raise
            if self.stopping:
                raise Stopped
            if not told:
                self.say("Waiting for another command that uses the local database ...")
                told = True
            time.sleep(0.1)

    def _prepare_site(self) -> None:
        owner = self.environment["DATABASE_OWNER_URL"]
        demo = self.environment.get("DEMO", "").lower() in ("1", "true", "yes", "on", "y")
        digest = digest_of(self.checkout, f"demo {demo}", f"redis {bool(self.environment.get('REDIS_URL'))}")
        files = self._begin_collecting(digest)
        if is_prepared(owner, digest):
            self.say("Tables and data are those of this version.")
        else:
            self._prepare_data(demo)
            mark_prepared(owner, digest)
        if files:
            self._finish("Collecting stylesheets and scripts", files, "collectstatic")
            self._collected().write_text(digest)

    def _prepare_data(self, demo: bool) -> None:
        self._manage("Creating or updating the tables", ["migrate", "--no-input", "--verbosity", "0"])
        if not self.environment.get("REDIS_URL") and not cache_table_exists(self.environment["DATABASE_URL"]):
            self._manage("Creating the cache's table", ["createcachetable"])
        self._manage("Loading England's organisations", ["seed_reference"])
        self._manage("Loading the frameworks", ["seed_frameworks"])
        self._manage("Loading the rules of signals", ["seed_rulesets"])
        if demo:
            self._manage("Inventing demo people and two years of activity", ["seed_demo"])

    def _begin_collecting(self, digest: str) -> subprocess.Popen[bytes] | None:
        """Collect stylesheets and scripts while the database is prepared, unless this version's are there."""
        with contextlib.suppress(OSError):
            if self._collected().read_text() == digest:
                return None
        return self._begin("collectstatic", ["collectstatic", "--no-input", "--verbosity", "0"])

    def _collected(self) -> Path:
        return Path(self.environment.get("STATIC_ROOT") or self.checkout / "staticfiles") / ".collected"

    # --- Commands of the site --------------------------------------------------------------------------------------
    def _manage(self, what: str, arguments: list[str]) -> None:
        """Run one management command and show what it says."""
        self.say(f"{what} ...")
        self._finish(what, self._begin(arguments[0], arguments), arguments[0])

    def _begin(self, name: str, arguments: list[str]) -> subprocess.Popen[bytes]:
        with (self.run_dir / f"{name}.log").open("wb") as log:
            step = subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.environment | {"PYTHONUNBUFFERED": "1"},
                cwd=self.checkout,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        self.steps.append(step)
        return step

    def _finish(self, what: str, step: subprocess.Popen[bytes], name: str) -> None:
        """Show the command's lines until it ends. Raises `NotReady` when it failed, `Stopped` on Ctrl-C."""
        assert step.stdout
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(step.stdout, selectors.EVENT_READ)
            while True:
                if self.stopping:
                    raise Stopped
                if not selector.select(0.2):
                    continue
                chunk = os.read(step.stdout.fileno(), 65536)
                if not chunk:
                    break
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self.say(f"  {line.decode(errors='replace').rstrip()}")
        self.steps.remove(step)
        if step.wait():
            log = self.run_dir / f"{name}.log"
            raise NotReady(f"{what}: this failed with '{last_lines(log) or 'no reason given'}'. See {log}")

    # --- Servers ---------------------------------------------------------------------------------------------------
    def _servers(self, listener: socket.socket) -> list[Child]:
        environment = {name: value for name, value in self.environment.items() if name != "DATABASE_OWNER_URL"}
        environment.pop("DATABASE_ROLE", None)
        environment.pop("MAKELEVEL", None)
        web = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}"]
        worker = [sys.executable, "-m", "celery", "-A", "ics_governance.celery", "worker", "-B"]
        worker += ["-s", str(self.run_dir / "schedule"), "-c", "2", "--without-gossip", "--without-mingle"]
        logs = self.run_dir
        here = self.checkout
        return [
            Child("web server", web, signal.SIGTERM, logs / "web.log", environment, here, (listener.fileno(),)),
            # Celery loses a signal that comes while it starts, and its jobs are fenced: so SIGKILL
            Child("worker", worker, signal.SIGKILL, logs / "worker.log", environment, here),
        ]

    def _wait_until_it_answers(self, port: int) -> None:
        web = self.children[0]
        deadline = time.monotonic() + START_LIMIT
        while not answers(port):
            if self.stopping:
                raise Stopped
            if web.ended() or time.monotonic() > deadline:
                raise NotReady(
                    f"The web server did not start: {last_lines(web.log) or 'it said nothing'}. See {web.log}"
                )
            time.sleep(0.05)

    def _announce(self, port: int) -> None:
        self.say(f"Ready: http://127.0.0.1:{port}")
        if self.environment.get("DEMO"):
            self.say("Sign in as icb.officer@demo.test, password demo. Activity and scores are invented.")
        self.say(f"Logs are in {self.run_dir}. Ctrl-C stops everything.")


def main() -> int:
    """Run the site of this checkout with the environment and `.env`."""
    Env.read_env(CHECKOUT / ".env", overwrite=False)
    return Supervisor(os.environ).run()


if __name__ == "__main__":
    sys.exit(main())
