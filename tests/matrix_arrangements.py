"""The matrix of permissions for arrangements and forums: who keeps them; `tests/matrix.py` says how to read it."""

from tests.matrix import (
    API,
    FOUNDERS,
    NOT_OFFERED,
    OFFICER,
    OTHER,
    OTHER_TRUST,
    SECRETARY,
    TRUST,
    by_api,
    only,
    ours,
    pk,
    row,
    section,
    signed_in,
    theirs,
)
from tests.stage import Side

section("arrangements")
KEEPERS = FOUNDERS | SECRETARY | OTHER_TRUST | {"partner"}  # each for their own body
WRITES = {"rest": by_api(NOT_OFFERED)}

for name in ("arrangement-new", "forum-new"):
    row(name, get=only(KEEPERS, others=403), post=only(KEEPERS, 422, others=403))


def part(record: str, name: str = ""):
    """The address of a part of the arrangement or of the forum."""
    whole = "arrangement" if record.startswith("arrangement_") else "forum"
    return lambda here: {"pk": getattr(here, whole).pk, name: getattr(here, record).pk}


def deputy(here: Side):
    """The address of a further deputy."""
    return {"pk": here.forum.pk, "member": here.membership.pk, "deputy": here.deputy.pk}


for side, host, trust in ((ours, OFFICER, TRUST), (theirs, OTHER, OTHER_TRUST)):
    for name, args in (
        ("arrangement-edit", pk("arrangement")),
        ("arrangement-end", pk("arrangement")),
        ("arrangement-join", pk("arrangement")),
        ("arrangement-member-change", part("arrangement_member", "member")),
        ("arrangement-member-end", part("arrangement_member", "member")),
        ("arrangement-member-withdraw", part("arrangement_member", "member")),
        ("gateway-new", pk("arrangement")),
        ("fund-new", pk("arrangement")),
        ("fund-edit", part("arrangement_fund", "fund")),
        ("line-new", pk("arrangement")),
        ("line-end", part("arrangement_line", "line")),
        ("forum-edit", pk("forum")),
        ("forum-end", pk("forum")),
        ("terms-new", pk("forum")),
        ("membership-new", pk("forum")),
        ("membership-change", part("membership", "member")),
        ("membership-end", part("membership", "member")),
        ("membership-withdraw", part("membership", "member")),
        ("deputy-new", part("membership", "member")),
        ("deputy-end", deputy),
        ("deputy-withdraw", deputy),
    ):
        side(name, "one", args, get=only(host, others=403), post=only(host, 422, others=403))
    for event in ("accept", "refuse"):  # by the body that it is offered to, never by the host
        args = lambda here, event=event: {"pk": here.forum.pk, "member": here.membership.pk, "event": event}  # noqa: E731
        side("membership-answer", event, args, post=only(trust, 302, others=403))

    for name, record in (("arrangements", "arrangement"), ("forums", "forum")):
        said = {"get": by_api(signed_in(200)), "post": by_api(NOT_OFFERED), **WRITES}
        side(f"api-{name}-detail", "one", pk(record), **said, patch=by_api(only(host, 428, others=403)))
        written = {"get": by_api(NOT_OFFERED), "post": by_api(only(host, 400, others=403)), **WRITES}
        side(f"api-{name}-members", "one", pk(record), **written)
    written = {"get": by_api(NOT_OFFERED), "post": by_api(only(host, 400, others=403)), **WRITES}
    side("api-forums-terms", "one", pk("forum"), **written)
    side("api-forums-deputies", "one", part("membership", "member"), **written)
    for name in ("gateways", "funds", "lines"):
        side(f"api-arrangements-{name}", "one", pk("arrangement"), **written)
    written = API | {"get": by_api(NOT_OFFERED), "patch": by_api(only(host, 428, others=403))}
    side("api-forums-member", "one", part("membership", "member"), **written)
    side("api-arrangements-member", "one", part("arrangement_member", "member"), **written)
    side("api-arrangements-fund", "one", part("arrangement_fund", "fund"), **written)
    side("api-arrangements-line", "one", part("arrangement_line", "line"), **written)
    side("api-forums-deputy", "one", deputy, **written)

nothing = lambda here: {"pk": here.forum.pk, "member": here.membership.pk, "event": "nothing"}  # noqa: E731
ours("membership-answer", "no such event", nothing, post=signed_in(404))
for name in ("arrangements", "forums"):
    row(f"api-{name}-list", get=by_api(signed_in(200)), post=by_api(only(KEEPERS, 400, others=403)), **WRITES)
