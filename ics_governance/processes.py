"""Child processes that never outlive us.

A child gets a *death signal* (Linux: `PR_SET_PDEATHSIG`): the kernel sends it when the thread that started the child
ends, however it ends. So start children from the main thread only.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork

Ladder = Sequence[tuple[int, float]]  # signals with the seconds each is given to work
PATIENT: Ladder = ((signal.SIGTERM, 4.0), (signal.SIGQUIT, 1.5), (signal.SIGKILL, 2.0))


def die_with_parent(sig: int) -> Callable[[], None]:
    """A `preexec_fn` that asks the kernel to send `sig` to the new process when this one ends.

    It runs after subprocess's change of user, which would otherwise clear the setting.
    """
    parent = os.getpid()

    def ask() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, sig)
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)

    return ask


def end_with_parent(sig: int) -> None:
    """Ask for `sig` to ourselves when our own parent ends."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, sig)


def alive(pid: int) -> bool:
    """Whether the process runs. A zombie, which nobody has collected yet, does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def command_line(pid: int) -> list[str]:
    """The words the process was started with; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def end(processes: Iterable[subprocess.Popen[bytes]], ladder: Ladder = PATIENT) -> None:
    """End all processes together, politely first; each led a session of its own, whose last members are killed."""
    leaders = list(processes)
    waiting = leaders
    for sig, seconds in ladder:
        waiting = [process for process in waiting if process.poll() is None]
        for process in waiting:
            process.send_signal(sig)
        deadline = time.monotonic() + seconds
        while waiting and time.monotonic() < deadline:
            time.sleep(0.02)
            waiting = [process for process in waiting if process.poll() is None]
    for process in leaders:
        _kill_session(process.pid)


def _kill_session(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # nobody is left in it


def last_lines(path: Path, count: int = 1, size: int = 8192) -> str:
    """The end of a log, for a message; empty when there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - size))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join([line for line in lines if line.strip()][-count:])
