"""PostgreSQL without installation: a private server for demonstration, evaluation and tests (Linux).

`LocalDB(checkout).ensure()` gives a running server. The first process to ask *holds* it: it starts the server as its
child, and the server ends with it, also when it is killed. Any other process *attaches*. The server listens on a
socket in a private folder only, asks for passwords (one file of mode 0600), and knows three roles: `super` (for
repairs and for tests of the audit trail), `owner` (owns the database and its tables) and `web` (serves; owns nothing).
Started by root, every server process runs as `nobody`.

`python -m ics_governance.localdb psql [web|owner|super]` opens a prompt, `... url [role]` prints the address.
"""

import atexit
import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from environ import Env

from ics_governance.pgbinaries import Binaries, NoPostgreSQL, User, find
from ics_governance.pgcluster import DATABASE, ROLES, Cluster, LocalDBError, server_of

__all__ = ["Busy", "LocalDB", "LocalDBError", "environment"]

CHECKOUT = Path(__file__).resolve().parent.parent
SYSTEM_FOLDER = Path("/var/lib/ics-governance")
PLACE_ADVICE = "Change its permissions, or name another folder in LOCALDB_DIR."


class Busy(LocalDBError):
    """Another process holds the server, and it is not ready to share it."""


class LocalDB:
    """Who may start a cluster and who only uses it: one holder by a lock on `<folder>/lock`, users by `users`."""

    def __init__(self, checkout: Path, name: str = "main", *, throwaway: bool = False) -> None:
        """`throwaway` makes a cluster of this process's own, quick rather than durable, removed at its end."""
        if sys.platform != "linux":
            raise LocalDBError("The local PostgreSQL needs Linux. Set DATABASE_URL and DATABASE_OWNER_URL instead.")
        self.user = server_user()
        self.base = base_folder(Path(checkout).resolve(), self.user)
        self.throwaway = throwaway
        self._use(self.base / (f"{name}-{os.getpid()}" if throwaway else name))
        self._process = os.getpid()
        self._lock: int | None = None
        self._users: int | None = None

    def ensure(self, *, hold: bool = False, patience: float = 60.0) -> Self:
        """Start the server, or attach to the one that another process holds.

        `hold=True` waits until it can be the holder itself. `patience` is in seconds. Raises `LocalDBError`.
        """
        try:
            self._ensure(hold, time.monotonic() + patience)
        except NoPostgreSQL as error:
            problem = f"The local database cannot start: {error}."
        except LocalDBError:
            self.close()
            raise
        except PermissionError as error:
            problem = f"{error.filename or self.base} cannot be written. {PLACE_ADVICE}"
        except OSError as error:
            problem = f"The local database cannot use {self.folder}: {error.strerror}."
        else:
            return self
        self.close()
        raise LocalDBError(problem)

    def env(self) -> dict[str, str]:
        """What settings and child processes need: the addresses for the two roles."""
        return {"DATABASE_URL": self.url("web"), "DATABASE_OWNER_URL": self.url("owner")}

    def url(self, role: str, database: str = DATABASE) -> str:
        """The database's address for one role: `web`, `owner` or `super`."""
        return self.cluster.url(role, database)

    @property
    def held(self) -> bool:
        """Whether this process started the server."""
        return self.cluster.server is not None

    def running(self) -> bool:
        """Whether the server that we hold still runs."""
        return self.cluster.server is not None and self.cluster.server.poll() is None

    def restart(self) -> None:
        """Start the server again after it ended by itself. Raises `LocalDBError`."""
        self._start()

    def close(self, *, wait_for_others: bool = False) -> None:
        """Stop the server if we hold it, else leave it; a throwaway's folder is removed.

        `wait_for_others` lets commands that attached to our server end first.
        """
        if os.getpid() != self._process:
            return  # a fork of the holder: the server is not its to stop
        if self._lock is not None:
            if wait_for_others:
                self._let_others_finish()
            self.cluster.stop()
            if self.throwaway:
                shutil.rmtree(self.folder, ignore_errors=True)
        for held in (self._users, self._lock):
            if held is not None:
                os.close(held)
        self._users = self._lock = None

    def _use(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = Cluster(folder, self.user, throwaway=self.throwaway)

    def _ensure(self, hold: bool, deadline: float) -> None:
        self._make_folders()
        if self.throwaway:
            self._take_throwaway()
            self._start()
            atexit.register(self.close)
        else:
            self._start_or_attach(hold, deadline)

    def _start(self) -> None:
        self.cluster.start(self._find)

    def _find(self, major: int | None) -> Binaries:
        return find(major=major, user=self.user, copies=self.base)

    def _start_or_attach(self, hold: bool, deadline: float) -> None:
        while not (self._take_lock() or (not hold and self._attach())):
            if time.monotonic() > deadline:
                raise Busy(
                    f"Another command (process {self._holder()}) has been using the local database for too long. "
                    "Let it end, or end it, and try again."
                )
            time.sleep(0.05)
        if self._lock is not None:
            self._start()

    def _take_throwaway(self) -> None:
        """Make our folder and sweep those of runs that were killed. One process at a time, so that nobody takes a
        folder for left behind before its maker has locked it."""
        with (self.base / "sweep").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            for folder in self.base.glob(f"{self.folder.name.rpartition('-')[0]}-*"):
                if _left_behind(folder):
                    shutil.rmtree(folder, ignore_errors=True)
            if self.folder.exists():  # held by a process of the same number in another container
                self._use(self.folder.with_name(f"{self.folder.name}-{secrets.token_hex(3)}"))
            self._make(self.folder)
            self._take_lock()

    def _make_folders(self) -> None:
        missing = [folder for folder in (self.base, *self.base.parents) if not folder.exists()]
        for folder in reversed(missing):
            self._make(folder)
        if not self.throwaway:
            self._make(self.folder)

    def _make(self, folder: Path) -> None:
        """Make a folder of ours. The server's user may walk through it to its own two, and see nothing on the way."""
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            if self.user:
                folder.chmod(0o711)

    def _take_lock(self) -> bool:
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        self._lock = lock
        return True

    def _holder(self) -> str:
        with contextlib.suppress(OSError):
            return (self.folder / "lock").read_text() or "unknown"
        return "unknown"

    def _attach(self) -> bool:
        """Join the users of a server that answers; its holder, when it is a command, waits for them at its end."""
        users = os.open(self.folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if self.cluster.answers():
                self._users = users
                return True
        os.close(users)
        return False

    def _let_others_finish(self) -> None:
        self._users = os.open(self.folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another command that uses the local database ...", file=sys.stderr)
            fcntl.flock(self._users, fcntl.LOCK_EX)


def server_user() -> User | None:
    """Whom the server runs as: `nobody` when we are root (PostgreSQL refuses root), else ourselves (None)."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise LocalDBError("PostgreSQL does not run as root, and this machine has no user 'nobody'.") from None
    return User(nobody.pw_uid, nobody.pw_gid)


def base_folder(checkout: Path, user: User | None) -> Path:
    """`.localdb` in the checkout; for root, when a folder above it is closed to others, one below /var/lib."""
    if os.environ.get("LOCALDB_DIR"):
        return Path(os.environ["LOCALDB_DIR"]).absolute()
    if user is None or all(folder.stat().st_mode & 0o001 for folder in [checkout, *checkout.parents]):
        return checkout / ".localdb"
    return SYSTEM_FOLDER / hashlib.sha256(os.fsencode(checkout)).hexdigest()[:12]


def environment() -> None:
    """Give this process a database: the running local one, or one that lives as long as the process.

    Does nothing when `DATABASE_URL` is set, in the environment or in `.env`. A local site is a demonstration unless
    `DEMO` or `SECRET_KEY` says otherwise. Ends the process with one sentence when there is none to be had.
    """
    Env.read_env(CHECKOUT / ".env", overwrite=False)
    if os.environ.get("DATABASE_URL"):
        return
    try:
        database = LocalDB(CHECKOUT).ensure()
    except LocalDBError as error:
        sys.exit(str(error))
    os.environ.update(database.env())
    if "SECRET_KEY" not in os.environ:
        os.environ.setdefault("DEMO", "1")
    atexit.register(database.close, wait_for_others=True)


def _left_behind(folder: Path) -> bool:
    """Whether a throwaway's folder belongs to nobody any more: its lock is free and its server has ended."""
    try:
        with (folder / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return server_of(folder / "data") is None


def main(arguments: list[str]) -> None:
    """Open a prompt on the local database, or print its address."""
    command, role = (*arguments, "web")[:2] if arguments else ("", "")
    if command not in ("psql", "url") or role not in ROLES:
        sys.exit("Say: python -m ics_governance.localdb psql|url [web|owner|super]")
    try:
        database = LocalDB(CHECKOUT).ensure()
    except LocalDBError as error:
        sys.exit(str(error))
    try:
        if command == "url":
            print(database.url(role))
        else:
            psql = shutil.which("psql") or find(major=None, user=None, copies=database.base).program("psql")
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is psql's
            subprocess.run([psql, database.url(role)], check=False)
    finally:
        database.close(wait_for_others=True)


if __name__ == "__main__":
    main(sys.argv[1:])
