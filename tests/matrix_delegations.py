"""The matrix of permissions for delegations, functions and ratifying; `tests/matrix.py` says how to read it."""

from tests.matrix import (
    API,
    EXECUTIVE,
    NOT_OFFERED,
    OFFICER,
    OTHER,
    OTHER_TRUST,
    READERS,
    SECRETARY,
    by_api,
    only,
    ours,
    pk,
    reference,
    row,
    section,
    seen,
    signed_in,
    theirs,
)

COUNCIL_DRAFTER = frozenset({"partner"})
DRAFTERS = OFFICER | SECRETARY | COUNCIL_DRAFTER | OTHER | OTHER_TRUST  # each for their own body
NOBODY = frozenset[str]()

section("delegations")
row("delegation-new", get=only(DRAFTERS, others=403), post=only(DRAFTERS, 422, others=403))
row("delegation-panel", post=only(DRAFTERS, others=403))
row("function-list", get=signed_in(200))
row("function", "one", args=lambda stage: {"code": stage.ours.delegation.function.code}, get=signed_in(200))
row("function", "none", args=lambda stage: {"code": "nothing"}, get=signed_in(404))

# a draft is for those who draft or approve for its body, and who drafts it does not approve it
for side, drafters, approvers in ((ours, OFFICER, EXECUTIVE), (theirs, OTHER, NOBODY)):
    team = drafters | approvers
    draft, held = pk("draft_delegation"), pk("delegation")
    side("delegation", "a draft", draft, get=seen(team, team))
    side("delegation-trail", "a draft", draft, get=seen(team, team))
    side("delegation-edit", "a draft", draft, get=seen(team, drafters), post=seen(team, drafters, 422))
    not_edited = only(drafters, 302, others=403)  # what was approved is not edited: back to its page
    side("delegation-edit", "in force", held, get=not_edited, post=not_edited)
    for event, who in (("approve", approvers), ("withdraw", drafters)):
        side("delegation-move", event, pk("draft_delegation", event=event), post=seen(team, who, 302))
    for event, record, who in (
        ("bring_into_force", "approved_delegation", drafters),
        ("resume", "suspended_delegation", approvers),
    ):
        post = only(who, 302, others=403) if who else signed_in(403)
        side("delegation-move", event, pk(record, event=event), post=post)
    for name in ("delegation-suspend", "delegation-end"):
        get = only(approvers, others=403) if approvers else signed_in(403)
        post = only(approvers, 422, others=403) if approvers else signed_in(403)
        side(name, "one", held, get=get, post=post)
    side("delegation-review", "one", held, get=only(drafters, others=403), post=only(drafters, 422, others=403))
    # the same for programs: who may change it is told which version is missing
    of_draft, of_held = by_api(seen(team, drafters, 428)), by_api(only(drafters, 428, others=403))
    plain = API | {"post": by_api(NOT_OFFERED)}
    side("api-delegations-detail", "a draft", draft, get=by_api(seen(team, team)), patch=of_draft, **plain)
    side("api-delegations-detail", "one", held, get=by_api(signed_in(200)), patch=of_held, **plain)
    moves = {"rest": by_api(NOT_OFFERED)}
    side("api-delegations-moves", "a draft", draft, get=by_api(seen(team, team)), post=by_api(seen(team, team, 400)),
         **moves)  # fmt: skip
    side("api-delegations-reviews", "one", held, get=by_api(NOT_OFFERED),
         post=by_api(only(drafters, 400, others=403)), **moves)  # fmt: skip
    side("api-delegations-moves", "one", held, get=by_api(signed_in(200)), post=by_api(signed_in(400)), **moves)
ours("delegation-move", "no such event", pk("delegation", event="nothing"), post=signed_in(404))
row("api-delegations-list", get=by_api(signed_in(200)), post=by_api(only(DRAFTERS, 400, others=403)),
    rest=by_api(NOT_OFFERED))  # fmt: skip
row("api-functions-list", get=by_api(signed_in(200)), **API)
row("api-functions-detail", args=lambda stage: {"pk": stage.ours.delegation.function_id}, get=by_api(signed_in(200)),
    **API)  # fmt: skip

# what was not taken by urgent power has nothing to ratify: back to its page
for side, readers, agreers in ((ours, READERS, OFFICER | EXECUTIVE), (theirs, OTHER | OTHER_TRUST, OTHER)):
    back = seen(readers, agreers, 302)
    side("decision-ratify", "not urgent", reference("agreed"), get=back, post=back)
