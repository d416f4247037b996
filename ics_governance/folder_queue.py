"""The queue in a folder, for sites without Redis: kombu's `filesystem://` transport, made safe between processes.

kombu writes a message under its final name, so a worker can take it while it is still empty, and then ends ("Expecting
value", kombu issue 1551); it passes messages through the machine's temporary folder; and two processes that start at
once can read a half-written table of bindings. Here a message appears whole, by a rename; it never leaves its folder;
what cannot be read is told and dropped. Nothing is lost by that: a job is a row first, and the sweep sends it again.
"""

import fcntl
import os
import time
import uuid
from pathlib import Path
from typing import Any

import structlog
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

log = structlog.get_logger(__name__)
UNFINISHED = "."  # files whose name begins so are nobody's message


class Channel(filesystem.Channel):
    """Messages are files; taking one is renaming it, which only one process can do."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as the class above
        name = f"{time.time_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f"{UNFINISHED}{os.getpid()}-{name}"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue  # another process was quicker
            text = taken.read_text(encoding="utf-8", errors="replace")
            taken.unlink()
            try:
                return loads(text)
            except ValueError:
                log.warning("queue_message_unreadable", message=name)
        raise filesystem.Empty

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        for folder in (self.control_folder, Path(self.data_folder_in), Path(self.data_folder_out)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._exchange_file(exchange)
        with (self.control_folder / f"{UNFINISHED}turn").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            table = [list(known) for known in self.get_table(exchange)]
            binding = [routing_key or "", pattern or "", queue or ""]
            if binding not in table:
                _write_whole(file, dumps([binding, *table]))


class Transport(filesystem.Transport):
    """`filesystem://`, with the safe channel."""

    Channel = Channel


def _write_whole(file: Path, text: str) -> None:
    """The file appears with all its text, or not at all."""
    unfinished = file.with_name(f"{UNFINISHED}{os.getpid()}-{uuid.uuid4()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.rename(file)
