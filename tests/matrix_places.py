"""The matrix of permissions for places and posts: who keeps them; `tests/matrix.py` says how to read it."""

from tests.matrix import (
    API,
    FOUNDERS,
    OFFICER,
    OTHER,
    READS_TRAILS,
    by_api,
    code,
    of_a_system,
    only,
    ours,
    pk,
    row,
    section,
    signed_in,
    theirs,
)
from tests.matrix_delegations import DRAFTERS

section("places")
of_a_system("place-list")
row("place-new", get=only(FOUNDERS, others=403), post=only(FOUNDERS, 422, others=403))
row("post-new", get=only(DRAFTERS, others=403), post=only(DRAFTERS, 422, others=403))
row("api-places-list", get=by_api(signed_in(200)), **API)
row("api-posts-list", get=by_api(signed_in(200)), **API)

for side, host in ((ours, OFFICER), (theirs, OTHER)):
    for name in ("place-edit", "place-end"):
        side(name, "one", pk("place"), get=only(host, others=403), post=only(host, 422, others=403))
    for name in ("post-edit", "post-holder", "post-end"):
        side(name, "one", pk("post"), get=only(host, others=403), post=only(host, 422, others=403))
    for name in ("place", "post"):
        side(f"{name}-trail", "one", pk(name), get=only(READS_TRAILS, others=403))
    for name in ("icb", "trust"):
        side("post-list", name, code(name), get=signed_in(200))
    side("api-places-detail", "one", pk("place"), get=by_api(signed_in(200)), **API)
    side("api-posts-detail", "one", pk("post"), get=by_api(signed_in(200)), **API)
