"""PDF by typst: templates in `templates/typst`, data as JSON, no network, tagged for screen readers (PDF/UA-1)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

import typst
from django.conf import settings
from django.core.cache import cache

from .paper import Paper

FOLDER = settings.BASE_DIR / "templates" / "typst"
KEPT = 24 * 60 * 60
"""Seconds for which the PDF of the same content is kept: whoever asks often gets the same file."""


def pdf(template: str, data: dict[str, Any], title: str, files: dict[str, str] | None = None) -> bytes:
    """The PDF of a template (its name without `.typ`) with its data. The same content is made once a day.

    `files` are texts that the template asks for by `sys.inputs`, such as a drawing. Raises `typst.TypstError` when the
    template does not fit the data or the document would not be accessible.
    """
    source = FOLDER / f"{template}.typ"
    inputs = {"title": title, "data": json.dumps(data, ensure_ascii=False, sort_keys=True), **(files or {})}
    parts = [typst.__version__, source.read_text(encoding="utf-8"), json.dumps(inputs, sort_keys=True)]
    key = f"pdf:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}"
    found: bytes | None = cache.get(key)
    if found is None:
        found = typst.compile(str(source), root=str(FOLDER), format="pdf", pdf_standards=["ua-1"], sys_inputs=inputs)
        cache.set(key, found, KEPT)
    return found


def pdf_of(paper: Paper) -> bytes:
    """A document as PDF."""
    content = asdict(paper)
    del content["sheets"]
    return pdf("paper", content, paper.title)
