"""The matrix of permissions for signals and what stands on first pages; `tests/matrix.py` says how to read it."""

from tests.matrix import (
    API,
    AUDITOR,
    EXECUTIVE,
    OFFICER,
    OTHER,
    REGION,
    by_api,
    only,
    ours,
    pk,
    row,
    section,
    seen,
    signed_in,
    theirs,
)

section("signals")
TRIAGERS = OFFICER | EXECUTIVE
WHO_SEE = TRIAGERS | AUDITOR | REGION
row("signal-list", get=only(WHO_SEE | OTHER, others=403))
row("api-signals-list", get=by_api(signed_in(200)), **API)
for side, readers, triagers in ((ours, WHO_SEE, TRIAGERS), (theirs, OTHER, OTHER)):
    side("signal", "one", pk("signal"), get=seen(readers, readers), post=seen(readers, triagers, 422))
    side("signal-trail", "one", pk("signal"), get=seen(readers, readers))
    side("api-signals-detail", "one", pk("signal"), get=by_api(seen(readers, readers)), **API)

section("first pages")
row("together", get=signed_in(200))
row("seen", post=signed_in(302))
