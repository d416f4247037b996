"""Asks a ClamAV daemon whether a file is clean. Never waits long, never guesses."""

import socket
import struct
import time
from typing import IO

CHUNK = 64 * 1024
TIMEOUT = 10  # seconds for each step
STEPS = 6  # a file has as long as so many full steps, however small the pieces of an answer
LONGEST_ANSWER = 4096


class Unavailable(Exception):
    """No verdict: the scanner could not be reached, did not answer in time, or could not read the file."""


def is_clean(stream: IO[bytes], address: str, timeout: float = TIMEOUT) -> bool:
    """Whether the scanner at `address` (host:port) finds nothing. Raises `Unavailable` when it gives no verdict."""
    host, _, port = address.rpartition(":")
    ends = time.monotonic() + STEPS * timeout
    try:
        with socket.create_connection((host, int(port)), timeout=timeout) as line:
            line.sendall(b"zINSTREAM\0")
            while chunk := stream.read(CHUNK):
                _wait_until(line, ends, timeout)
                line.sendall(struct.pack(">L", len(chunk)) + chunk)
            line.sendall(struct.pack(">L", 0))
            answer = _answer(line, ends, timeout)
    except (OSError, ValueError) as error:
        raise Unavailable(str(error)) from error
    if answer.endswith("OK"):
        return True
    if answer.endswith("FOUND"):
        return False
    raise Unavailable(answer or "no answer")


def _answer(line: socket.socket, ends: float, timeout: float) -> str:
    found = b""
    while not found.endswith(b"\0") and len(found) < LONGEST_ANSWER:
        _wait_until(line, ends, timeout)
        if not (part := line.recv(1024)):
            break
        found += part
    return found.rstrip(b"\0\n").decode("utf-8", "replace").strip()


def _wait_until(line: socket.socket, ends: float, timeout: float) -> None:
    """The next step ends in time, and so do all of them together."""
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("no verdict in time")
    line.settimeout(min(left, timeout))
