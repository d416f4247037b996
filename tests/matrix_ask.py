"""The matrix of permissions for questions about authority and for rehearsals; `tests/matrix.py` says how to read it."""

from tests.matrix import (
    API,
    EVERYONE,
    EXECUTIVE,
    HOST,
    MEMBERS,
    OF_A_SYSTEM,
    OFFICER,
    OTHER,
    READS_TRAILS,
    THEIR_READERS,
    by_api,
    ours,
    pk,
    public,
    row,
    section,
    seen,
    signed_in,
    theirs,
)

section("questions of anyone")
AT_HOME = {302: OF_A_SYSTEM, 200: EVERYONE - OF_A_SYSTEM}
public("authority-ask", "nothing asked", get=AT_HOME)
public("authority-ask", "a forum", query=lambda stage: {"who": f"forum:{stage.ours.forum.pk}"})
public("authority-ask", "what cannot be read", get=422, query=lambda stage: {"system": "QWO", "amount": "much"})
public("authority-route", "nothing asked", get=AT_HOME)
public("authority-route", "a matter", query=lambda stage: {"system": "QWO", "function": "community_services"})
row("api-authority-route", "nothing asked", get=by_api(signed_in(400)), **API)
row("api-authority-route", "a matter", get=by_api(signed_in(200)), **API,
    query=lambda stage: {"system": "QWO", "function": "community_services"})  # fmt: skip

for name, asked in (
    ("authority", lambda stage: {"forum": stage.ours.forum.pk, "function": "community_services"}),
    ("route", lambda stage: {"system": "QWO", "function": "community_services"}),
):
    public(f"api-public-{name}", "nothing asked", get=400)
    public(f"api-public-{name}", "a matter", query=asked)
public("api-public-schema")
public("api-public-functions-list")
public("api-public-functions-detail", "none", get=404, args=lambda stage: {"pk": 0})

section("rehearsals")
row("scenario-list", get=signed_in(200))
KNOWN = {"args": lambda stage: {"code": "plan-together"}}
row("scenario", "no system chosen", **KNOWN, get=signed_in(200), post=signed_in(404))
row("scenario", "in a system", **KNOWN, get=signed_in(200), post=signed_in(422),
    query=lambda stage: {"system": "QWO"}, data=lambda stage: {"system": "QWO"})  # fmt: skip
row("scenario", "no such scenario", args=lambda stage: {"code": "nothing"}, get=signed_in(404), post=signed_in(404))

for side, readers, keepers, drafters in (
    (ours, HOST | MEMBERS, OFFICER | EXECUTIVE, OFFICER),  # the region oversees, and takes no part
    (theirs, THEIR_READERS, OTHER, OTHER),
):
    side("rehearsal", "one", pk("rehearsal"), get=seen(readers, readers), post=seen(readers, keepers, 302))
    side("rehearsal-paper", "one", pk("rehearsal"), get=seen(readers, readers))
    side("rehearsal-trail", "one", pk("rehearsal"), get=seen(readers, readers & READS_TRAILS))
    side("rehearsal-draft", "one", pk("rehearsal"), post=seen(readers, drafters, 302))
