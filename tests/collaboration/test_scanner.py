"""The scanner is asked in its own words and for a bounded time."""

import io
import socket
import threading
import time

import pytest

from collaboration import scanner


@pytest.fixture
def daemon():
    """A daemon that answers as the test says, once."""
    server = socket.create_server(("127.0.0.1", 0))

    def answers(pieces, pause=0.0):
        def serve():
            line, _ = server.accept()
            with line:
                line.recv(1024 * 1024)
                for piece in pieces:
                    try:
                        line.sendall(piece)
                    except OSError:
                        return
                    stop.wait(pause)

        threading.Thread(target=serve, daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    stop = threading.Event()
    yield answers
    stop.set()
    server.close()


@pytest.mark.parametrize(
    ("pieces", "clean"),
    [([b"stream: OK\0"], True), ([b"stre", b"am: OK\0"], True), ([b"stream: Eicar-Signature FOUND\0"], False)],
)
def test_a_verdict_is_read_however_it_comes(daemon, pieces, clean):
    assert scanner.is_clean(io.BytesIO(b"x"), daemon(pieces, pause=0.01), timeout=2) is clean


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"\0", b"\xff" * 5_000])
def test_whatever_is_no_verdict_is_none(daemon, answer):
    with pytest.raises(scanner.Unavailable):
        scanner.is_clean(io.BytesIO(b"x"), daemon([answer]), timeout=2)


def test_an_answer_that_comes_letter_by_letter_for_ever_ends(daemon):
    begun = time.monotonic()
    with pytest.raises(scanner.Unavailable, match="time"):
        scanner.is_clean(io.BytesIO(b"x"), daemon([b"x"] * 4_000, pause=0.02), timeout=0.1)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:0", "127.0.0.1:x", ""])
def test_an_address_of_nothing_gives_no_verdict(address):
    with pytest.raises(scanner.Unavailable):
        scanner.is_clean(io.BytesIO(b"x"), address, timeout=0.5)
