"""Where files of evidence lie: under random names, readable by the site alone.

A file is written into `incoming` first and moves into its place when the transaction commits, so that a row never
points nowhere and a failure leaves nothing behind for long.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

KEPT, INCOMING = "evidence", "incoming"
STALE = 24 * 60 * 60  # seconds after which an incoming file belongs to nothing any more


def folder(name: str) -> Path:
    """A folder of the store, made when it is not there."""
    place = Path(settings.MEDIA_ROOT) / name
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def write(chunks: Iterable[bytes]) -> tuple[str, str, int]:
    """Write a file under a new random name; its name, SHA-256 and size. A failure leaves nothing."""
    name, digest, size = secrets.token_hex(24), hashlib.sha256(), 0
    path = folder(INCOMING) / name
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return name, digest.hexdigest(), size


def keep(name: str) -> None:
    """Put an incoming file in its place."""
    (folder(INCOMING) / name).replace(folder(KEPT) / name)


def drop(name: str) -> None:
    """Take a file away, wherever it is."""
    for place in (INCOMING, KEPT):
        (folder(place) / name).unlink(missing_ok=True)


def find(name: str) -> Path | None:
    """A file of the store; None when it is not there."""
    return next((path for place in (KEPT, INCOMING) if (path := folder(place) / name).is_file()), None)


def sweep(known: Iterable[str]) -> int:
    """Take away incoming files of more than a day ago that belong to no row, and put the others in their place."""
    rows, count = set(known), 0
    for path in folder(INCOMING).iterdir():
        if time.time() - path.stat().st_mtime < STALE:
            continue
        if path.name in rows:
            keep(path.name)
        else:
            path.unlink(missing_ok=True)
            count += 1
    return count
