"""A real site in a clean clone, started by `make run` as a person would, and looked at from outside."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from ics_governance.processes import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_", "REDIS_", "DEMO", "SECRET_KEY", "TESTING", "RUN_DIR", "LOCALDB_DIR", "STATIC_ROOT", "MAKE", "PORT")


def pytest_report_header() -> str:
    """Figures count only on a machine with nothing else to do."""
    return f"load of this machine before: {os.getloadavg()[0]:.1f}, cores: {os.cpu_count()}"


def figure(what: str, value: float, unit: str = "s", limit: float | None = None) -> None:
    """Print a measured figure, and hold it against its promise when there is one."""
    promise = f"   (promised: under {limit:g} {unit})" if limit is not None else ""
    print(f"\n    {what:<68} {value:9.2f} {unit}{promise}", end="", flush=True)
    assert limit is None or value < limit, f"{what}: {value:.2f} {unit}, promised under {limit:g}"


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without what would lead the site elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | more


def processes_of(folder: Path) -> dict[int, str]:
    """The living processes that work in this folder or are told of it, by number."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            here = os.readlink(entry / "cwd")
        except OSError:
            continue
        if state not in "ZX" and (str(folder) in command or Path(here).is_relative_to(folder)):
            found[int(entry.name)] = command.strip()
    return found


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition, limit: float, what: str) -> float:
    """The seconds until the condition holds."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > limit:
            pytest.fail(f"{what}: not within {limit:g} s")
        time.sleep(0.02)
    return time.monotonic() - begun


class Site:
    """`make run` in a folder."""

    def __init__(self, folder: Path, *, command: list[str] | None = None, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = clean_environment(PORT=str(self.port), **environment)
        self.command = command or ["make", "run"]
        self.make: subprocess.Popen[bytes] | None = None
        self.output = folder.parent / f"{folder.name}.out"

    def begin(self) -> None:
        """Start it and do not wait."""
        with self.output.open("wb") as output:
            self.make = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # whoever ends these tests ends the site
            )

    def start(self, limit: float = 300) -> float:
        """Start it; the seconds until it says that it is ready."""
        self.begin()
        taken = wait_until(lambda: "Ready: http" in self.said() or self.make.poll() is not None, limit, "Ready")
        assert self.make.poll() is None, self.said()
        return taken

    def said(self) -> str:
        """All that `make run` has printed."""
        return self.output.read_text(errors="replace")

    def status(self, path: str) -> int:
        """The status of a page; 0 when the site does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def processes(self) -> dict[int, str]:
        """The site's living processes."""
        return processes_of(self.folder)

    def pid(self, *words: str) -> int:
        """The oldest process whose command line has all these words."""
        found = [pid for pid, command in self.processes().items() if all(word in command for word in words)]
        assert found, f"no process with {words} among {self.processes()}"
        return min(found)

    def ctrl_c(self) -> None:
        """What the terminal does: SIGINT to make and all that runs in its process group."""
        os.killpg(self.make.pid, signal.SIGINT)

    def gone(self, limit: float = 10) -> float:
        """The seconds until no process is left."""
        begun = time.monotonic()
        wait_until(lambda: not self.processes(), limit, f"Processes left: {self.processes()}")
        self.make.wait()
        return time.monotonic() - begun

    def stop(self) -> None:
        """End whatever still runs."""
        if self.make and self.make.poll() is None:
            self.ctrl_c()
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
        if self.make:
            self.gone(30)


def clone(target: Path) -> Path:
    """A clean clone of what is committed."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(target)], check=True)
    return target


@pytest.fixture(scope="session")
def workshop():
    """A folder that everybody may enter, so that root's site keeps its data in its checkout."""
    folder = Path(tempfile.mkdtemp(prefix="ics-prove-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def first_site(workshop):
    """The first start of a clean clone, with the seconds that it took; stopped."""
    made = Site(clone(workshop / "checkout"))
    try:
        taken = made.start()
        yield made, taken
    finally:
        made.stop()


@pytest.fixture
def site(first_site):
    """The site, running."""
    made, _ = first_site
    if made.make.poll() is not None:
        made.start()
    return made
