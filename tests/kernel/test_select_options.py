"""A select's options are drawn by a loop of our own; the result is what the official macro draws."""

import re

import pytest

from ics_governance import forms
from ics_governance.templating import nhsuk

CHOICES = [("", "All"), ("a", "Airedale & partners"), ('"b"', "<b>Bold</b>"), ("c", "It's")]


def squeezed(html: str) -> str:
    """Without the white space between tags, quotes spelled one way."""
    return re.sub(r"\s*(<[^>]+>)\s*", r"\1", html).replace("&#39;", "'").replace("&#34;", "&quot;")


@pytest.mark.parametrize("chosen", ["", "a", '"b"', "c"])
def test_a_select_is_drawn_as_the_official_macro_draws_it(chosen):
    class One(forms.FilterForm):
        kind = forms.ChoiceField(label="Kind", choices=CHOICES)

    items = [{"value": value, "text": text, "selected": value == chosen} for value, text in CHOICES]
    official = nhsuk.select(
        {"id": "filter_kind", "name": "kind", "label": {"text": "Kind"}, "items": items, "formGroup": {"classes": ""}}
    )
    assert squeezed(str(One({"kind": chosen})["kind"])) == squeezed(str(official))
