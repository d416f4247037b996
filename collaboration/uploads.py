"""What may be uploaded as evidence: an allow-list by extension and by content, never by what the browser claims.

Pure: reads a stream from its beginning and leaves it there. Raises `Unfit`, which says what to do instead.
"""

import re
import zipfile
import zlib
from dataclasses import dataclass
from io import SEEK_END, BytesIO
from pathlib import PurePosixPath
from typing import IO
from xml.etree.ElementTree import Element, ParseError, fromstring

import puremagic

MB = 1024 * 1024
LARGEST = 20 * MB
UNPACKED = 200 * MB  # all parts of an Office file together
MEMBERS = 5_000
RATIO = 200  # a part packed tighter than this, when it is large, is no document
LARGE_PART = 5 * MB
HEAD = 4096
CHUNK = 64 * 1024
LONGEST_NAME = 200
DEPTH = 2  # files inside files inside files
DESCRIPTION = 4 * MB  # the types and relationships of parts
DIRECTORY = MB  # of a packed file
END_RECORD = 65_535 + 22  # bytes at the end of a packed file in which its directory is found
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also Office files with a password
OPENXML = "application/vnd.openxmlformats-officedocument."
OFFICE = {
    ".docx": (f"{OPENXML}wordprocessingml.document", "word/"),
    ".xlsx": (f"{OPENXML}spreadsheetml.sheet", "xl/"),
    ".pptx": (f"{OPENXML}presentationml.presentation", "ppt/"),
}
BINARY = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
}
TEXT = {".csv": "text/csv", ".txt": "text/plain"}
ALLOWED = (*BINARY, *OFFICE, *TEXT)
IN_WORDS = "PDF, Word (.docx), Excel (.xlsx), PowerPoint (.pptx), PNG, JPEG, CSV or plain text"
# Parts of an Office file that can do something when it is opened
ACTIVE = ("vbaproject", "vbadata", "activex", "macrosheets", "oleobject", "customui")
ACTIVE_TYPES = ("macroenabled", "vbaproject", "activex", "oleobject")
PROGRAMS = (
    ".docm", ".dotm", ".xlsm", ".xltm", ".xlam", ".xlsb", ".pptm", ".potm", ".ppam", ".ppsm", ".doc", ".xls", ".ppt",
    ".exe", ".dll", ".scr", ".com", ".bat", ".cmd", ".ps1", ".js", ".vbs", ".wsf", ".hta", ".lnk", ".msi", ".jar",
)  # fmt: skip
# Kinds of relationship that are followed when the file is opened, without anybody's click
FETCHED = ("attachedtemplate", "oleobject", "frame", "subdocument", "control", "afchunk")
CONTENT_TYPES = "[content_types].xml"
ENCODING = re.compile(r"""<\?xml[^>]*encoding=["'](?!utf-8["'])""", re.IGNORECASE)
MARKUP = (b"<!doctype", b"<html", b"<svg", b"<script", b"<?xml", b"<body", b"<iframe")


class Unfit(ValueError):
    """The file is not taken; the text says why and what to do, to the person who chose it."""


@dataclass(frozen=True)
class Fit:
    """A file that may be kept."""

    name: str
    media_type: str


def check(stream: IO[bytes], name: str, size: int) -> Fit:
    """The name to keep and the media type of a file that may be kept."""
    name = clean_name(name)
    extension = PurePosixPath(name).suffix.lower()
    if extension not in ALLOWED:
        raise Unfit(f"Choose a file of another kind: {IN_WORDS}")
    if size == 0:
        raise Unfit("The file is empty: choose another")
    if size > LARGEST:
        raise Unfit(f"The file must be {LARGEST // MB} MB or smaller. Link to it where it is published instead")
    stream.seek(0)
    head = stream.read(HEAD)
    if extension in BINARY:
        media_type = _binary(head, extension)
    elif extension in OFFICE:
        media_type = _office(stream, extension, _Left())
    else:
        media_type = _text(stream, extension)
    stream.seek(0)
    return Fit(name, media_type)


def clean_name(name: str) -> str:
    """The last part of a name, without what cannot be shown; the end is kept where it is too long."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*').strip(" .")
    return shown[-LONGEST_NAME:] or "file"


def _disguised(extension: str) -> Unfit:
    return Unfit(f"This is not a {extension} file, whatever its name says. Save it again in that format")


def _binary(head: bytes, extension: str) -> str:
    media_type, begins = BINARY[extension]
    if not head.startswith(begins) or not _known_as(head, media_type):
        raise _disguised(extension)
    return media_type


def _known_as(head: bytes, media_type: str) -> bool:
    try:
        return any(match.mime_type == media_type for match in puremagic.magic_string(head))
    except (puremagic.PureError, ValueError):
        return False


def _text(stream: IO[bytes], extension: str) -> str:
    """Readable text throughout, and no page, drawing or script."""
    stream.seek(0)
    head = stream.read(HEAD).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(MARKUP) or b"<script" in head or b"<svg" in head:
        raise _disguised(extension)
    stream.seek(0)
    rest = b""
    while chunk := stream.read(CHUNK):
        if b"\0" in chunk:
            raise _disguised(extension)
        try:
            (rest + chunk).decode("utf-8")
            rest = b""
        except UnicodeDecodeError as error:
            data = rest + chunk
            if error.reason != "unexpected end of data" or len(data) - error.start > 3:
                raise Unfit("Save the text in the encoding UTF-8, then choose it again") from None
            rest = data[error.start :]
    if rest:
        raise _disguised(extension)
    return TEXT[extension]


# --- Office files -------------------------------------------------------------------------------------------------


@dataclass
class _Left:
    """What may still be unpacked, of a file and of all files inside it together."""

    size: int = UNPACKED
    members: int = MEMBERS

    def admit(self, members: list[zipfile.ZipInfo]) -> None:
        """Before anything is unpacked: as many parts and bytes as documents have."""
        self.members -= len(members)
        tight = any(
            each.file_size > LARGE_PART and each.file_size > RATIO * max(each.compress_size, 1) for each in members
        )
        if tight or self.members < 0 or sum(each.file_size for each in members) > self.size:
            raise _too_much()

    def take(self, size: int) -> None:
        """While it is unpacked: what the directory says may be a lie."""
        self.size -= size
        if self.size < 0:
            raise _too_much()


def _office(stream: IO[bytes], extension: str, left: _Left, depth: int = DEPTH) -> str:
    """The media type of an Office file, after each part of it and of the files inside it was looked at."""
    stream.seek(0)
    head = stream.read(len(OLD_OFFICE))
    if head == OLD_OFFICE:
        raise Unfit(f"This is an older format, or protected by a password: save it as {extension} without one")
    if not head.startswith(b"PK\x03\x04"):
        raise _disguised(extension)
    media_type, folder = OFFICE[extension]
    try:
        _check_directory(stream)
        with zipfile.ZipFile(stream) as packed:
            members = packed.infolist()
            names = {member.filename.lower() for member in members}
            if len(names) != len(members) or not any(name.startswith(folder) for name in names):
                raise _disguised(extension)
            left.admit(members)
            for member in members:
                _look_at(packed, member, f"{media_type}.main+xml", left, depth)
    except Unfit:
        raise
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error):
        raise _disguised(extension) from None
    if CONTENT_TYPES not in names:
        raise _disguised(extension)
    return media_type


def _check_directory(stream: IO[bytes]) -> None:
    """A directory of parts as long as documents have: the whole of it is read into memory before any part is."""
    end = stream.seek(0, SEEK_END)
    stream.seek(max(0, end - END_RECORD))
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile
    if b"PK\x06\x07" in tail[max(0, at - 20) : at] or int.from_bytes(tail[at + 12 : at + 16], "little") > DIRECTORY:
        raise _too_much()


def _look_at(packed: zipfile.ZipFile, member: zipfile.ZipInfo, main: str, left: _Left, depth: int) -> None:
    """One part: its name, its real size, and what stands in it where that can make the file do something."""
    if member.flag_bits & 1:
        raise Unfit("This file is protected by a password: save it without one")
    name = member.filename.lower()
    _refuse_active(name)
    inside = not name.endswith("/") and ("/embeddings/" in name or PurePosixPath(name).suffix in OFFICE)
    kept = LARGEST if inside else DESCRIPTION if name == CONTENT_TYPES or name.endswith(".rels") else 0
    data = _unpack(packed, member, left, kept)
    if inside:
        extension = PurePosixPath(name).suffix
        if extension not in OFFICE or not depth:
            raise _macros()
        _office(BytesIO(data), extension, left, depth - 1)
    elif name == CONTENT_TYPES:
        _check_types(data, main)
    elif kept:
        _check_links(data)


def _unpack(packed: zipfile.ZipFile, member: zipfile.ZipInfo, left: _Left, kept: int) -> bytes:
    """Read a part in small pieces, for its real size; all of it when some is to be kept, nothing otherwise."""
    data = bytearray()
    with packed.open(member) as part:
        while chunk := part.read(CHUNK):
            left.take(len(chunk))
            if kept:
                data += chunk
            if kept and len(data) > kept:
                raise _too_much()
    return bytes(data)


def _check_types(data: bytes, main: str) -> None:
    """The kind that the name promises, and no type of a part that does something."""
    types = [element.get("ContentType", "").lower() for element in _xml(data).iter()]
    if any(word in each for each in types for word in ACTIVE_TYPES):
        raise _macros()
    if main not in types:
        raise Unfit("This is another kind of document than its name says. Save it again in that format")


def _check_links(data: bytes) -> None:
    """Nothing that is fetched from elsewhere when the file is opened; links that a reader follows are fine."""
    for element in _xml(data).iter():
        kind = element.get("Type", "").rpartition("/")[2].lower()
        target = element.get("Target", "").strip().lower().replace("\\", "/")
        outside = element.get("TargetMode", "").lower() == "external"
        if outside and kind in FETCHED and target.startswith(("http:", "https:", "ftp:", "mhtml:", "//", "file://///")):
            raise _macros()


def _xml(data: bytes) -> Element:
    """A description of parts: UTF-8 without declarations of its own, so that it reads the same for everyone."""
    text = data.decode("utf-8-sig")
    if "<!doctype" in text.lower() or "<!entity" in text.lower() or ENCODING.match(text):
        raise _macros()
    try:
        return fromstring(text)  # noqa: S314  neither entities nor a document type get here
    except ParseError:
        raise zipfile.BadZipFile from None


def _refuse_active(name: str) -> None:
    if ".." in PurePosixPath(name).parts or name.startswith("/"):
        raise Unfit("This file has parts that point outside itself, so it is not taken")
    if any(word in name for word in ACTIVE) or name.endswith(PROGRAMS):
        raise _macros()


def _too_much() -> Unfit:
    return Unfit("This file unpacks to far more than a document holds, so it is not taken")


def _macros() -> Unfit:
    return Unfit("This file holds macros or other active parts: save it without them, or as PDF")
