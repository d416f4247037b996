"""Bodies as a link to them needs them. Pages read hundreds, so they are plain tuples and no model instances."""

from typing import NamedTuple

from partnerships.models import Kind
from partnerships.models.organisations import SUBTYPES

COLUMNS = ("pk", "name", "short_name", "ods_code", "gss_code", "kind", "subtype", "local_code")


class Named(NamedTuple):
    """What a page says of a body in passing; the fields are `COLUMNS`."""

    pk: int
    name: str
    short_name: str
    ods_code: str | None
    gss_code: str | None
    kind: str = ""
    subtype: str = ""
    local_code: str | None = None

    @property
    def code(self) -> str:
        """ODS code, else GSS code, else the code of this register."""
        return self.ods_code or self.gss_code or self.local_code or ""

    @property
    def label(self) -> str:
        """The short name where there is one."""
        return self.short_name or self.name

    @property
    def kind_in_words(self) -> str:
        """What kind of body it is, as exactly as is recorded."""
        return SUBTYPES.get(self.subtype) or str(Kind(self.kind).label)


def columns_of(path: str) -> list[str]:
    """The columns of the body at the end of a foreign key."""
    return [f"{path}__{name}" for name in COLUMNS]
