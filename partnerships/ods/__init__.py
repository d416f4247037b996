"""The national register of organisations (ODS) as files: what they say, and how that compares with what is held here.

Nothing here knows Django. `read` takes the bytes of a file and tells its layout by its content: the tables of 27
columns without a header (trusts, or integrated care boards), FHIR (STU3 and R4) and ORD JSON. A file with anything
wrong in it is refused as a whole, each problem with its line. `compare` sets it against the register, row by row.
"""

from .compare import HISTORY_FROM, Comparison, Held, Outcome, Row, compare, fills_a_gap
from .extract import BadExtract, Extract, Problem, Said
from .layouts import read
from .names import folded, titled

__all__ = [
    "BadExtract",
    "Comparison",
    "Extract",
    "HISTORY_FROM",
    "Held",
    "Outcome",
    "Problem",
    "Row",
    "Said",
    "compare",
    "fills_a_gap",
    "folded",
    "read",
    "titled",
]
