"""Far too much sent to a real site: a plain answer at once, and memory that stays as it was."""

import http.cookiejar
import re
import socket
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.prove.conftest import figure

MB = 1024 * 1024
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    """The board secretary of a trust, with the page on which evidence is added."""

    def __init__(self, port):
        self.port, self.jar = port, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        login = {"login": "trust.secretary@demo.test", "password": "demo"}
        login["csrfmiddlewaretoken"] = self.token("/accounts/login/")
        self.read("/accounts/login/", urllib.parse.urlencode(login).encode())
        listed = self.read("/assessments/?state=draft")
        number = re.search(r'href="/assessments/([0-9]+)/"', listed)[1]
        self.page = f"/assessments/{number}/answers/1.1/evidence/"

    def read(self, path, data=None):
        return self.opener.open(f"http://127.0.0.1:{self.port}{path}", data, timeout=30).read().decode()

    def token(self, path):
        return TOKEN.search(self.read(path))[1]

    def upload(self, size, chunked=False):
        """Send a file of so many bytes as fast as the site takes it; its answer and how much was sent."""
        fields = {"csrfmiddlewaretoken": self.token(self.page), "kind": "file"}
        parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{fields[name]}\r\n' for name in fields]
        parts.append('--x\r\nContent-Disposition: form-data; name="file-file"; filename="a.pdf"\r\n\r\n%PDF-1.7\n')
        head, tail = "".join(parts).encode(), b"\r\n--x--\r\n"
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)
        length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(head) + size + len(tail)}"
        request = (
            f"POST {self.page} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {cookies}\r\nConnection: close\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\n{length}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as line:
            line.sendall(request.encode())
            pieces = [head, *[bytes(MB)] * (size // MB), tail]
            sent = _send(line, pieces, chunked)
            answer = b""
            while b"</h1>" not in answer and (piece := line.recv(MB)):
                answer += piece
        return answer.decode(errors="replace"), sent


def _send(line, pieces, chunked):
    """How many bytes went out before the other side had enough."""
    sent = 0
    try:
        for piece in pieces:
            line.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            sent += len(piece)
        if chunked:
            line.sendall(b"0\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        return sent
    return sent


def largest(site):
    """The most memory that any web process has had, in MB."""
    peaks = []
    for pid, command in site.processes().items():
        if "gunicorn" in command:
            status = Path(f"/proc/{pid}/status").read_text()
            peaks.append(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024)
    return max(peaks)


@pytest.fixture
def visitor(site):
    """Signed in, with the page loaded once."""
    return Visitor(site.port)


def test_five_hundred_megabytes_are_refused_in_words_and_flat_memory(site, visitor):
    visitor.upload(MB)
    before, begun = largest(site), time.monotonic()
    answer, sent = visitor.upload(500 * MB)
    figure("500 MB sent to a page, to the answer", time.monotonic() - begun, limit=5)
    figure("of which the site took", sent / MB, "MB", limit=30)
    assert answer.startswith("HTTP/1.1 413")
    assert "too large" in answer
    answer, sent = visitor.upload(500 * MB, chunked=True)
    figure("the same without a length: the site took", sent / MB, "MB", limit=30)
    assert answer.startswith("HTTP/1.1 4")
    figure("more memory of the largest web process", largest(site) - before, "MB", limit=100)


def test_a_file_a_little_too_large_is_refused_at_its_field(site, visitor):
    before = largest(site)
    answer, _ = visitor.upload(22 * MB)
    assert answer.startswith("HTTP/1.1 422")
    figure("22 MB: more memory of the largest web process", largest(site) - before, "MB", limit=30)
