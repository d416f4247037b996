"""The servers of a running site: a port taken before anything starts, and processes that are started again."""

import http.client
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ics_governance.preflight import NotReady
from ics_governance.processes import die_with_parent

STEADY = 10.0  # a server that lived so many seconds is started again at once
LONGEST_PAUSE = 15.0  # seconds before one that keeps ending is tried again


@dataclass
class Child:
    """A server of the site: how it is started, and how it fared."""

    name: str
    command: list[str]
    death_signal: int
    log: Path
    environment: dict[str, str]
    folder: Path
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    falls: int = 0

    def start(self) -> None:
        """Start it in a session of its own: the terminal's Ctrl-C is ours, and we stop things in order."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.folder,
                pass_fds=self.pass_fds,
                start_new_session=True,
                preexec_fn=die_with_parent(self.death_signal),
            )
        self.started = time.monotonic()
        self.due = 0.0

    def ended(self) -> bool:
        """Whether it ran and does not any more."""
        return self.process is not None and self.process.poll() is not None

    def plan_restart(self) -> float:
        """When it may start again, in seconds from now: at once after a steady life, else later each time."""
        now = time.monotonic()
        self.falls = 0 if now - self.started > STEADY else self.falls + 1
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** (self.falls - 1)) if self.falls else 0.0
        self.due = now + pause
        self.process = None
        return pause


def port_of(environment: Mapping[str, str]) -> int:
    """The port that PORT names, else 8000."""
    text = environment.get("PORT") or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise NotReady(f"PORT is '{text}'; a port is a number from 1 to 65535.")
    return int(text)


def take_port(port: int) -> socket.socket:
    """Listen on the port now; the web server inherits the socket, and early visitors wait instead of failing."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(256)
    except PermissionError:
        raise NotReady(f"You may not open port {port}; choose one above 1023: make run PORT=8000") from None
    except OSError:
        other = port + 1 if port < 65535 else 8000
        raise NotReady(
            f"Port {port} is taken by another program. Stop it, or choose another: make run PORT={other}"
        ) from None
    listener.set_inheritable(True)
    return listener


def answers(port: int) -> bool:
    """Whether the site says that it lives."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
