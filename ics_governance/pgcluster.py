"""One private PostgreSQL server: its folder is set up once, and the server is started and stopped as our child.

The folder holds `secret.json` (mode 0600: the passwords), `log`, `data/` and `socket/`. Who may start it, and who only
uses it, is `localdb`'s concern.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg import sql

from ics_governance.pgbinaries import Binaries, User
from ics_governance.processes import alive, command_line, die_with_parent, last_lines

DATABASE = "ics"
ROLES = ("super", "owner", "web")
LONGEST_SOCKET_FOLDER = 80  # bytes; the kernel takes 107 for the whole path
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",  # only a part of the socket's name; said aloud because PGPORT would change it
    "unix_socket_permissions": "0700",
    "client_connection_check_interval": "1000",  # a killed client's statement ends within a second
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # the wheel has none; so plans are alike everywhere
}
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


class LocalDBError(Exception):
    """The local server cannot be had; the text is one plain sentence."""


class Cluster:
    """A data folder with its server and its passwords."""

    def __init__(self, folder: Path, user: User | None, *, throwaway: bool = False) -> None:
        self.folder = folder
        self.user = user
        self.throwaway = throwaway
        self.data = folder / "data"
        self.log = folder / "log"
        self.server: subprocess.Popen[bytes] | None = None
        self.binaries: Binaries | None = None
        self._secret: dict[str, str] = {}

    # --- For those who hold it, and those who only use it ----------------------------------------------------------
    def start(self, find: Callable[[int | None], Binaries]) -> None:
        """Set up what is missing and start the server; returns when it answers. Raises `LocalDBError`.

        `find` chooses the programs for the major version of existing data.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("Start the local database from the main thread: it ends with the thread that started it")
        self._wait_for_predecessor()
        major = int((self.data / "PG_VERSION").read_text()) if self.data.exists() else None
        self.binaries = find(major)
        self._prepare_secret(new=major is None)
        if major is None:
            self._initdb()
        self._launch()
        self._complete()

    def stop(self) -> None:
        """Stop the server if we started it: sessions are cut, what was committed stays."""
        if self.server is None:
            return
        for sig, seconds in ((signal.SIGINT, 15), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
            if self.server.poll() is None:
                self.server.send_signal(sig)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.server.wait(seconds)
        self.server = None

    def answers(self) -> bool:
        """Whether a server that another process started is set up and takes connections."""
        try:
            self._secret = json.loads((self.folder / "secret.json").read_text())
            self.connect("web", DATABASE).close()
        except (OSError, ValueError, KeyError, psycopg.OperationalError):
            return False
        return True

    def url(self, role: str, database: str = DATABASE) -> str:
        """The database's address for one role; the host is the socket's folder."""
        socket = urlencode({"host": self._secret["socket"], "port": SETTINGS["port"]})
        return f"postgresql://{role}:{self._secret[role]}@/{database}?{socket}"

    def connect(self, role: str, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of our own, for setting up and asking."""
        return psycopg.connect(
            host=self._secret["socket"],
            port=SETTINGS["port"],
            user=role,
            password=self._secret[role],
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    # --- Passwords and places --------------------------------------------------------------------------------------
    def _prepare_secret(self, *, new: bool) -> None:
        path = self.folder / "secret.json"
        try:
            known = json.loads(path.read_text())
        except FileNotFoundError:
            if not new:
                raise LocalDBError(f"{path} is missing. Put it back, or remove {self.folder} to begin anew.") from None
            known = {role: secrets.token_urlsafe(24) for role in ROLES}
        self._secret = known | {"socket": str(self._socket_folder())}
        if self._secret != known:
            _write_privately(path, json.dumps(self._secret))

    def _socket_folder(self) -> Path:
        folder = self.folder / "socket"
        if len(os.fsencode(folder)) > LONGEST_SOCKET_FOLDER:
            digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
            folder = Path(tempfile.gettempdir()) / f"ics-governance-{digest}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self._give_to_server(folder)
        found = folder.lstat()
        owner = self.user.uid if self.user else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
            raise LocalDBError(f"{folder} is not a private folder of the database's user. Remove it and try again.")
        return folder

    def _give_to_server(self, path: Path | int) -> None:
        if self.user:
            os.chown(path, self.user.uid, self.user.gid)

    # --- Setting up ------------------------------------------------------------------------------------------------
    def _initdb(self) -> None:
        """Make the data folder under another name and rename it when it is whole."""
        assert self.binaries
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give_to_server(unfinished)
        command = [self.binaries.program("initdb"), "-D", str(unfinished), "-U", "super", "-A", "scram-sha-256"]
        command += ["-E", "UTF8", "--locale=C.UTF-8", "-k", *(["-N"] if self.throwaway else [])]
        read, write = os.pipe()
        try:
            self._give_to_server(read)  # it is opened anew by its name in /dev/fd, which asks for rights
            os.write(write, self._secret["super"].encode() + b"\n")
            os.close(write)
            command.append(f"--pwfile=/dev/fd/{read}")
            done = subprocess.run(command, capture_output=True, pass_fds=[read], **self._child(signal.SIGKILL))
        finally:
            os.close(read)
        if done.returncode:
            reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[0]
            raise LocalDBError(f"PostgreSQL could not set up {self.folder}: {reason.removeprefix('initdb: error: ')}.")
        unfinished.rename(self.data)

    def _complete(self) -> None:
        """Make roles and database. The database comes last: that it exists marks the set-up as complete."""
        with self.connect("super", "postgres") as connection:
            if connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                return
            for role in ("owner", "web"):
                self._make_role(connection, role)
            if self.throwaway:
                connection.execute("grant web to owner")  # so that it may end web's sessions and drop their database
            connection.execute(f"create database {DATABASE} owner owner")

    def _make_role(self, connection: psycopg.Connection[tuple[Any, ...]], role: str) -> None:
        name = sql.Identifier(role)
        if not connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
            connection.execute(sql.SQL("create role {}").format(name))
        # made here, so that the password itself is in no statement and no log
        verifier = connection.pgconn.encrypt_password(self._secret[role].encode(), role.encode()).decode()
        connection.execute(sql.SQL("alter role {} login password {}").format(name, sql.Literal(verifier)))
        if self.throwaway and role == "owner":
            connection.execute("alter role owner createdb")

    # --- The server process ----------------------------------------------------------------------------------------
    def _wait_for_predecessor(self) -> None:
        """Let the server of a killed holder finish its shutdown, and clear the note of one that is long gone."""
        deadline = time.monotonic() + 60
        while (pid := server_of(self.data)) is not None:
            if time.monotonic() > deadline:
                raise LocalDBError(f"The previous server of {self.folder} (process {pid}) does not end.")
            time.sleep(0.02)
        # its number may belong to some other program by now, and PostgreSQL would take that for a server
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self) -> None:
        deadline = time.monotonic() + 120  # after a power cut it may first have to repair
        while True:
            if self.log.exists():
                self.log.rename(self.log.with_name("log.before"))
            with self.log.open("wb") as log:
                self.server = subprocess.Popen(self._command(), stdout=log, stderr=log, **self._child(signal.SIGINT))
            if self._wait_until_it_answers(deadline):
                return
            # the last processes of a killed server may still hold its shared memory for a moment
            if "shared memory" not in last_lines(self.log, 3) or time.monotonic() > deadline:
                self.stop()
                raise LocalDBError(f"PostgreSQL did not start: {_reason(self.log)}. Its log is {self.log}.")
            time.sleep(0.05)

    def _command(self) -> list[str]:
        assert self.binaries
        settings = SETTINGS | {"unix_socket_directories": self._secret["socket"]}
        if self.throwaway:
            settings |= THROWAWAY_SETTINGS
        command = [self.binaries.program("postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _child(self, death_signal: int) -> dict[str, Any]:
        """How every server program is run: as its user, with nothing of our surroundings, ended when we end."""
        return {
            "cwd": "/",
            "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,  # else the terminal's Ctrl-C reaches it before those who use it
            "preexec_fn": die_with_parent(death_signal),
            **(self.user.for_subprocess() if self.user else {}),
        }

    def _wait_until_it_answers(self, deadline: float) -> bool:
        assert self.server
        while self.server.poll() is None and time.monotonic() < deadline:
            try:
                self.connect("super", "postgres").close()
                return True
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    self.stop()
                    raise LocalDBError(
                        f"The passwords in {self.folder}/secret.json are not those of its data."
                    ) from None
                time.sleep(0.01)
        return False


def server_of(data: Path) -> int | None:
    """The process number of the server that runs on this data folder, by its own note; None when none does."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if alive(pid) and str(data) in command_line(pid) else None


def _write_privately(path: Path, text: str) -> None:
    """Readable by us alone, and never half written."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)


def _reason(log: Path) -> str:
    lines = last_lines(log, 12).splitlines() or ["it said nothing"]
    told = [line for line in lines if "FATAL:" in line or "PANIC:" in line] or lines
    return told[-1].split("FATAL:")[-1].strip().rstrip(".")
