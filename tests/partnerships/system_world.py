"""What the tests of a system's pages and documents share: the day, delegations, and how answers are read."""

import re
import zipfile
from datetime import date
from io import BytesIO
from xml.etree import ElementTree

from ics_governance.context import system
from partnerships.models import Delegation, Forum, Function
from tests.world import LONG_AGO, moved

TODAY = date(2026, 11, 20)
FILES = [
    *(f"{paper}.{kind}" for paper in ("scheme", "functions-and-decisions") for kind in ("pdf", "docx", "xlsx")),
    "organogram.svg",
    "organogram.pdf",
]


def text(answer) -> str:
    """The words of a page, without tags and with plain spaces."""
    words = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.S)
    return " ".join(words.replace("\u00a0", " ").replace("&#39;", "'").split())


def cells(answer, function: str) -> dict[str, str]:
    """What the row of a function says, by column."""
    row = next(row for row in answer.content.decode().split("<tr ") if f">{function}</th>" in row)
    found = re.findall(r'<td[^>]*data-l="([^"]*)"[^>]*>(.*?)</td>', row, flags=re.S)
    return {label: " ".join(re.sub(r"<[^>]+>", " ", words).replace("\u00a0", " ").split()) for label, words in found}


def delegate(target: Forum, **fields) -> Delegation:
    """A delegation of community services by the ICB, in force."""
    with system("a delegation of a test"):
        made = Delegation.objects.create(**{
            "function": Function.objects.get(code="community_services"), "to_forum": target, "starts": LONG_AGO,
            "from_organisation": target.host, "basis": "internal_scheme", "instrument": "scheme 9", **fields,
        })  # fmt: skip
        moved(made, "approved", "in_force")
    return made


def draft(target: Forum, **fields) -> Delegation:
    with system("a draft of a test"):
        return Delegation.objects.create(**{
            "function": Function.objects.get(code="community_services"), "to_forum": target, "starts": LONG_AGO,
            "from_organisation": target.host, "basis": "internal_scheme", **fields,
        })  # fmt: skip


def unzipped(content: bytes) -> str:
    """The text of a Word or Excel file; nothing for others."""
    if not content.startswith(b"PK"):
        return ""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def sheet(content: bytes, number: int) -> list[dict[str, str | float]]:
    """The rows of a sheet of a workbook, by the letters of the columns."""
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(BytesIO(content)) as archive:
        strings = ["".join(each.itertext()) for each in ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))]  # noqa: S314
        page = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314
    rows = []
    for row in page.iter(f"{main}row"):
        found = {}
        for cell in row.iter(f"{main}c"):
            value = cell.findtext(f"{main}v")
            if value is not None:
                found[cell.get("r").rstrip("0123456789")] = (
                    strings[int(value)] if cell.get("t") == "s" else float(value)
                )
        rows.append(found)
    return rows
