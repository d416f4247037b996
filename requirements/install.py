"""Makes the virtual environment and installs the locked dependencies: `python3 requirements/install.py [dev]`.

Runs on the machine's own Python, before anything is installed. Every package is checked against its hash. A stamp says
what is installed, so that a second call costs nothing and an unfinished installation is taken up again. Whatever goes
wrong is told in one sentence; the details are in `.venv/install.log`.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "install.log"
UNREACHABLE = ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError", "name resolution", "ProxyError")
UNREACHABLE += ("ConnectionError", "Network is unreachable", "Connection refused", "Read timed out", "SSLError")


def main(groups):
    """Install what is missing of the named groups (`base` always)."""
    if sys.version_info < OLDEST:
        version = ".".join(str(number) for number in sys.version_info[:3])
        sys.exit(
            f"This project needs Python 3.11 or newer, and {sys.executable} is {version}. "
            "Install a newer one, or name it: make run PYTHON=python3.11"
        )
    turn = os.open(CHECKOUT, os.O_RDONLY)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)  # one installation at a time
        missing = [group for group in groups if not is_installed(group)]
        if missing:
            make_environment()
            for group in missing:
                install(group)
    except PermissionError as error:
        sys.exit(f"{error.filename or CHECKOUT} cannot be written. Change its permissions and try again.")
    except OSError as error:
        sys.exit(f"The virtual environment {VENV} cannot be made: {error.strerror}.")
    except KeyboardInterrupt:
        sys.exit("Stopped. The next start takes the installation up again.")
    finally:
        os.close(turn)


def is_installed(group):
    """Whether this lock file is what was installed, and the environment's Python is still there."""
    try:
        return PYTHON.exists() and stamp(group).read_text() == digest(group)
    except OSError:
        return False


def stamp(group):
    """The file that says which lock file was installed completely."""
    return VENV / f".{group}-installed"


def digest(group):
    """What an installation depends on: the lock file and the Python version."""
    lock = (CHECKOUT / "requirements" / f"{group}.txt").read_bytes()
    return hashlib.sha256(lock + repr(sys.version_info[:2]).encode()).hexdigest()


def make_environment():
    """Make `.venv`, anew when it belongs to another Python version or its Python is gone."""
    ask = [str(PYTHON), "-c", "import sys, pip; print(sys.version_info[:2])"]
    try:
        found = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        found = ""
    if found == repr(sys.version_info[:2]):
        return
    if VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    say("Making a virtual environment in .venv ...")
    done = run([sys.executable, "-m", "venv", str(VENV)], "wb")
    if done:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            "This Python cannot make virtual environments. Install its venv package "
            "(Debian and Ubuntu: apt install python3-venv) and try again."
        )


def install(group):
    """Install one lock file; the hashes name every package, so nothing is resolved."""
    lock = Path("requirements") / f"{group}.txt"
    say(f"Installing the locked dependencies of {lock} (a minute or two the first time) ...")
    begun = time.monotonic()
    stamp(group).unlink(missing_ok=True)
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-input"]
    failed = run([*command, "--retries", "2", "--require-hashes", "--no-deps", "-r", str(lock)], "ab")
    if failed:
        sys.exit(reason(group))
    stamp(group).write_text(digest(group))
    say(f"Installed in {time.monotonic() - begun:.1f} s.")


def run(command, mode):
    """The exit code; what the command says goes to the log."""
    with open(LOG, mode) as log:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run(command, stdout=log, stderr=log, cwd=CHECKOUT, env=environment, check=False).returncode


def reason(group):
    """One sentence about a failed installation."""
    text = LOG.read_text(errors="replace")
    if "No space left" in text:
        return f"The disk is full: there is no room for the dependencies in {VENV}."
    if "DO NOT MATCH THE HASHES" in text:
        return f"A downloaded package is not the one that requirements/{group}.txt names. See {LOG}."
    if any(sign in text for sign in UNREACHABLE):
        return "The dependencies could not be downloaded: no network, or the package index does not answer. Try again."
    return f"The dependencies of requirements/{group}.txt could not be installed. The reason is at the end of {LOG}."


def say(text):
    """A line of progress, at once."""
    print(text, flush=True)


if __name__ == "__main__":
    main(["base", *sys.argv[1:]])
