"""What may be uploaded as evidence: an allow-list by extension and by content, never by what the browser claims.

Pure: reads a stream from its beginning and leaves it there. Raises `Unfit`, which says what to do instead.
"""

import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO

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
ACTIVE_TYPES = (b"macroenabled", b"vbaproject", b"activex", b"oleobject")
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
        media_type = _office(stream, head, extension)
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


def _office(stream: IO[bytes], head: bytes, extension: str) -> str:
    if not head.startswith(b"PK\x03\x04"):
        raise _disguised(extension)
    media_type, folder = OFFICE[extension]
    types = _parts(stream, extension, depth=1)
    if f"{media_type}.main+xml".encode() not in types[0] or not any(n.startswith(folder) for n in types[1]):
        raise _disguised(extension)
    return media_type


def _parts(stream: IO[bytes], extension: str, depth: int) -> tuple[bytes, list[str]]:
    """The declared content types and the names of an Office file's parts, after each part was looked at."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as packed:
            members = packed.infolist()
            _sizes(members)
            left, types = UNPACKED, b""
            for member in members:
                _refuse_active(member.filename)
                data = _unpack(packed, member, left)
                left -= data[0]
                if member.filename == "[Content_Types].xml":
                    types = data[1]
                if depth and PurePosixPath(member.filename).suffix.lower() in OFFICE:
                    with packed.open(member) as inner:
                        _parts(BytesIO(inner.read(LARGEST)), extension, depth - 1)
            if any(word in types.lower() for word in ACTIVE_TYPES):
                raise _macros()
            return types, [member.filename for member in members]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Unfit):
            raise
        raise _disguised(extension) from None


def _sizes(members: list[zipfile.ZipInfo]) -> None:
    """Before anything is unpacked: as many parts and bytes as documents have."""
    total = sum(member.file_size for member in members)
    tight = any(
        member.file_size > LARGE_PART and member.file_size > RATIO * max(member.compress_size, 1) for member in members
    )
    if len(members) > MEMBERS or total > UNPACKED or tight:
        raise Unfit("This file unpacks to far more than a document holds, so it is not taken")


def _unpack(packed: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> tuple[int, bytes]:
    """How large a part really is, and its beginning; it is read in small pieces and never kept whole."""
    if member.flag_bits & 1:
        raise Unfit("This file is protected by a password: save it without one")
    size, begins = 0, b""
    with packed.open(member) as part:
        while chunk := part.read(CHUNK):
            size += len(chunk)
            begins = begins + chunk if len(begins) < MB else begins
            if size > left:
                raise Unfit("This file unpacks to far more than a document holds, so it is not taken")
    return size, begins


def _refuse_active(name: str) -> None:
    lower = name.lower()
    if ".." in PurePosixPath(name).parts or lower.startswith("/"):
        raise Unfit("This file has parts that point outside itself, so it is not taken")
    if any(word in lower for word in ACTIVE) or lower.endswith((".docm", ".xlsm", ".pptm", ".xlsb", ".exe", ".js")):
        raise _macros()


def _macros() -> Unfit:
    return Unfit("This file holds macros or other active parts: save it without them, or as PDF")
