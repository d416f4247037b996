"""What may be uploaded: by extension and content; macros, bombs and disguises are refused, in flat memory."""

import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from collaboration.uploads import LARGEST, MB, Unfit, check

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(60)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(60)
TYPES = '<Types><Override PartName="/{part}" ContentType="{type}"/>{more}</Types>'
MAIN = "application/vnd.openxmlformats-officedocument.{}.main+xml"
KINDS = {
    "docx": ("word/document.xml", MAIN.format("wordprocessingml.document")),
    "xlsx": ("xl/workbook.xml", MAIN.format("spreadsheetml.sheet")),
    "pptx": ("ppt/presentation.xml", MAIN.format("presentationml.presentation")),
}


def office(kind="docx", more="", **parts):
    """An Office file with the parts named besides its own."""
    part, media_type = KINDS[kind]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", TYPES.format(part=part, type=media_type, more=more))
        made.writestr(part, "<document/>")
        for name, data in parts.items():
            made.writestr(name, data)
    return packed.getvalue()


def looked_at(data, name):
    return check(io.BytesIO(data), name, len(data))


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (PDF, "paper.pdf", "application/pdf"),
        (PDF, "PAPER.PDF", "application/pdf"),
        (PNG, "picture.png", "image/png"),
        (JPEG, "picture.jpeg", "image/jpeg"),
        (office("docx"), "paper.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (office("xlsx"), "sheet.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (office("pptx"), "slides.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        ("naïve, £5\n".encode() * 20_000, "table.csv", "text/csv"),
        (b"\xef\xbb\xbfplain", "notes.txt", "text/plain"),
    ],
)
def test_documents_are_taken(data, name, media_type):
    assert looked_at(data, name).media_type == media_type


def test_an_office_file_that_python_docx_writes_is_taken(tmp_path):
    from docx import Document

    path = tmp_path / "made.docx"
    Document().save(path)
    assert looked_at(path.read_bytes(), "made.docx").name == "made.docx"


def test_a_workbook_that_xlsxwriter_writes_is_taken_also_inside_a_document(tmp_path):
    from xlsxwriter import Workbook

    path = tmp_path / "made.xlsx"
    with Workbook(path) as book:
        book.add_worksheet().write_url("A1", "https://rcf.example.test/paper")
    assert looked_at(path.read_bytes(), "made.xlsx").name == "made.xlsx"
    holds = office(**{"word/embeddings/made.xlsx": path.read_bytes(), "word/_rels/document.xml.rels": FOLLOWED})
    assert looked_at(holds, "paper.docx").name == "paper.docx"


MACRO_TYPE = '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
FETCHES = (
    '<Relationships><Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
    'attachedTemplate" Target="https://elsewhere.example.test/a.dotm" TargetMode="External"/></Relationships>'
)
FOLLOWED = FETCHES.replace("attachedTemplate", "hyperlink")


def with_types(before):
    """A Word file whose list of types begins with something."""
    packed = io.BytesIO()
    part, media_type = KINDS["docx"]
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("[Content_Types].xml", before + TYPES.format(part=part, type=media_type, more=""))
        made.writestr(part, "<document/>")
    return packed.getvalue()


def twice():
    """A Word file with two lists of types: programs differ in which of them they read."""
    packed = io.BytesIO(with_types(""))
    with zipfile.ZipFile(packed, "a") as made:
        made.writestr("[content_types].XML", "<Types/>")
    return packed.getvalue()


def nested(depth):
    """Word files inside one another."""
    data = office()
    for _ in range(depth):
        data = office(**{"word/embeddings/inner.docx": data})
    return data


REFUSED = {
    "a page as a PDF": (b"<html><script>alert(1)</script>", "paper.pdf"),
    "a program as a picture": (b"MZ\x90\0" + bytes(100), "picture.png"),
    "a PDF as a Word file": (PDF, "paper.docx"),
    "a Word file as Excel": (office("docx"), "sheet.xlsx"),
    "any zip as a Word file": (office("docx").replace(b"word", b"else"), "paper.docx"),
    "a PDF behind something else": (b"GIF89a" + PDF, "paper.pdf"),
    "a drawing": (b"<svg xmlns='x'/>", "drawing.svg"),
    "a drawing as text": (b"  <svg onload='x'>", "notes.txt"),
    "a page": (b"<!doctype html>", "page.html"),
    "a page as a table": (b"\xef\xbb\xbf<!DOCTYPE html><script>", "table.csv"),
    "a script in a text": (b"hello <script>", "notes.txt"),
    "bytes as text": (b"abc\0def", "notes.txt"),
    "another encoding": (b"caf\xe9 au lait", "notes.txt"),
    "half a character": ("é".encode()[:1], "notes.txt"),
    "a macro format": (office("docx"), "paper.docm"),
    "a macro in a Word file": (office(**{"word/vbaProject.bin": b"x"}), "paper.docx"),
    "a macro by its type": (office(more=MACRO_TYPE), "paper.docx"),
    "a macro inside a table inside": (
        office(**{"word/embeddings/one.xlsx": office("xlsx", **{"xl/vbaProject.bin": b"x"})}),
        "paper.docx",
    ),
    "a macro three files deep": (
        office(
            **{"word/embeddings/a.docx": office(**{"word/embeddings/b.docx": office(**{"word/vbaProject.bin": b""})})}
        ),
        "paper.docx",
    ),
    "more files inside files than a document has": (nested(4), "paper.docx"),
    "an old Excel file inside": (office(**{"word/embeddings/table.xls": b"x"}), "paper.docx"),
    "a program inside": (office(**{"word/setup.EXE": b"MZ"}), "paper.docx"),
    "a macro by its type, spelt otherwise": (office(more=MACRO_TYPE.replace("vba", "&#118;ba")), "paper.docx"),
    "a macro by its type, far behind": (office(more=f"<!--{'x' * MB}-->{MACRO_TYPE}"), "paper.docx"),
    "types with a declaration of their own": (
        with_types("<!DOCTYPE Types [<!ENTITY v 'vba'>]>"),
        "paper.docx",
    ),
    "types in another encoding": (with_types("<?xml version='1.0' encoding='utf-7'?>"), "paper.docx"),
    "a template from elsewhere": (office(**{"word/_rels/settings.xml.rels": FETCHES}), "paper.docx"),
    "two lists of types": (twice(), "paper.docx"),
    "a Word file with a password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16"),
        "paper.docx",
    ),
    "an embedded object": (office(**{"word/embeddings/oleObject1.bin": b"x"}), "paper.docx"),
    "a control": (office(**{"word/activeX/activeX1.xml": b"x"}), "paper.docx"),
    "a part that points outside": (office(**{"../../etc/cron.d/x": b"x"}), "paper.docx"),
    "an old Word file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "paper.doc"),
    "an old Word file renamed": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "paper.docx"),
    "a damaged zip": (office()[:-30], "paper.docx"),
    "nothing": (b"", "paper.pdf"),
    "no extension": (PDF, "paper"),
    "two extensions": (PDF, "paper.pdf.exe"),
}


@pytest.mark.parametrize("which", REFUSED)
def test_everything_else_is_refused_with_a_way_out(which):
    with pytest.raises(Unfit) as refused:
        looked_at(*REFUSED[which])
    assert len(str(refused.value)) > 20


def test_what_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(Unfit, match="20 MB or smaller"):
        check(io.BytesIO(), "paper.pdf", LARGEST + 1)


def test_a_bomb_is_refused_in_flat_memory():
    bomb = office(**{"word/media/zeros.bin": bytes(60 * MB)})
    assert len(bomb) < MB
    tracemalloc.start()
    with pytest.raises(Unfit, match="unpacks to far more"):
        looked_at(bomb, "paper.docx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * MB


def test_a_bomb_that_lies_about_its_size_is_refused():
    """The directory says a hundred bytes, the data unpacks to sixty million."""
    honest = bytes(60 * MB)
    bomb = office(**{"word/media/zeros.bin": honest})
    size = (60 * MB).to_bytes(4, "little")
    lie = bomb.replace(size, (100).to_bytes(4, "little"))
    assert lie != bomb
    with pytest.raises(Unfit):
        looked_at(lie, "paper.docx")
    assert zlib.crc32(honest)  # the data itself was left as it is


def test_as_many_parts_as_no_document_has():
    with pytest.raises(Unfit, match="unpacks to far more"):
        looked_at(office(**{f"word/{number}.xml": b"" for number in range(5_001)}), "paper.docx")


def test_files_inside_files_share_what_may_be_unpacked():
    """Twenty kilobytes that unpack to more than a gigabyte, no part of it suspicious alone."""
    table = office("xlsx", **{f"xl/{number}.bin": bytes(4 * MB) for number in range(10)})
    data = office(**{f"word/embeddings/{number}.xlsx": table for number in range(30)})
    assert len(data) < MB / 20
    with pytest.raises(Unfit, match="unpacks to far more"):
        looked_at(data, "paper.docx")


def test_a_directory_without_end_is_refused_before_it_is_read():
    """Its four hundred thousand entries would fill the memory while it is opened, before any can be counted."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 0, 20, *[0] * 8, 1, *[0] * 6) + b"a"
    start, directory = office(), entry * 400_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65_535, 65_535, len(directory), len(start), 0)
    stream = io.BytesIO(start + directory + end)
    tracemalloc.start()
    with pytest.raises(Unfit, match="unpacks to far more"):
        check(stream, "paper.docx", LARGEST)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * MB


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("a\u202ecod.txt", "acod.txt"),
        ("x" * 400 + ".txt", "x" * 196 + ".txt"),
        ('<b>"q".txt', "bq.txt"),
    ],
)
def test_names_are_made_harmless(name, kept):
    assert looked_at(b"text", name).name == kept
