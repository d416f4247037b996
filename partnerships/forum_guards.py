"""Reasons against a form, a member or a quorum of a forum. Pure: they read the plain facts that they are given.

Every reason is a sentence that says the rule; its field is the one of the form that would mend it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from ics_governance.workflow import Reason
from partnerships import quorum
from partnerships.day_guards import not_after
from partnerships.forms_of_forum import NON_STATUTORY, needs_consent
from partnerships.models import Forum, Kind, Membership

Form = Forum.Form
COMMISSIONERS = (Kind.OVERSIGHT_BODY, Kind.REGION, Kind.ICB, Kind.LOCAL_AUTHORITY)
JOINT = (Form.JOINT_COMMITTEE, Form.COMMITTEES_IN_COMMON)


def form_is_kept(form: str, host: Any, post: Any, committees: Collection[Any]) -> list[Reason]:
    """What the form demands of a forum: a post, committees, the right host."""
    reasons = []
    if form == Form.INDIVIDUAL and post is None:
        reasons.append(Reason("An individual executive decides by a named post: choose the post", "post"))
    if form != Form.INDIVIDUAL and post is not None:
        reasons.append(Reason("Only an individual executive names a post: leave it empty for this form", "post"))
    if post is not None and post.organisation_id != host.pk:
        reasons.append(Reason(f"“{post.title}” is not a post of {host.name}", "post"))
    if form == Form.COMMITTEES_IN_COMMON:
        reasons += _committees(committees)
    elif committees:
        reasons.append(
            Reason("Only committees in common name committees: leave them empty for this form", "committees")
        )
    if form == Form.LEAD_PROVIDER and host.kind in COMMISSIONERS:
        text = f"A lead provider holds a contract with a commissioner: its host is a provider, not {host.name}"
        reasons.append(Reason(text, "form"))
    if form == Form.COMMITTEE and host.kind in NON_STATUTORY:
        text = f"{host.name} is not a statutory body, and a committee of this form is one of such a body"
        reasons.append(Reason(text, "form"))
    if form == Form.COUNCIL_OF_GOVERNORS and not (host.kind == "trust" and host.is_foundation_trust):
        reasons.append(Reason("Only a foundation trust has a council of governors", "form"))
    return reasons


def _committees(committees: Collection[Any]) -> list[Reason]:
    """Two or more, of as many bodies, and each one that can decide for its body."""
    if len({row.host_id for row in committees}) < 2:
        text = "Committees in common are committees of two or more bodies: name a committee of each"
        return [Reason(text, "committees")]
    reasons = []
    if len({row.host_id for row in committees}) < len(committees):
        reasons.append(Reason("Committees in common name one committee of each body", "committees"))
    for row in committees:
        if not row.binds or row.form in JOINT:
            text = f"{row.name} cannot meet in common: it is a {row.get_form_display()} and decides for no single body"
            reasons.append(Reason(text, "committees"))
    return reasons


def privacy_has_a_reason(in_public: bool, reason: str) -> list[Reason]:
    """A forum that does not meet in public says why."""
    if in_public or reason.strip():
        return []
    return [Reason("Say why it does not meet in public, or tick that it does", "private_reason")]


def bodies_are_two(form: str, bodies: Collection[int]) -> list[Reason]:
    """A joint committee has voting members of two or more bodies before it can have terms of reference."""
    if form != Form.JOINT_COMMITTEE or len(set(bodies)) >= 2:
        return []
    text = "A joint committee is of two or more bodies: appoint voting members of two bodies first"
    return [Reason(text)]


def consent_is_given(form: str, body: Any, consented_on: date | None, today: date) -> list[Reason]:
    """A body that is not statutory sits on a committee once whoever convenes it has agreed."""
    if not needs_consent(form, body.kind):
        return []
    if consented_on is None:
        text = (
            f"{body.name} is not a statutory body, so it sits on a {Form(form).label} when the convening body has "
            "agreed: enter the day of that"
        )
        return [Reason(text, "consented_on")]
    return not_after(consented_on, today, "Record the convening body's consent once it was given", "consented_on")


def terms_are_sound(values: Any) -> list[Reason]:
    """Rules that can be read, a review after the adoption, a casting vote only where votes are counted."""
    reasons = []
    try:
        wanted = quorum.rules(values.get("quorum_rules") or [])
    except quorum.BadRule as refused:
        return [Reason(str(refused), "quorum_rules")]
    asked = sum(rule.at_least for rule in wanted if rule.kind)
    if asked > values["quorum"]:
        text = f"The rules ask for {asked} voting members, so the quorum must be {asked} or more"
        reasons.append(Reason(text, "quorum"))
    if values.get("review_on") and values["review_on"] <= values["adopted_on"]:
        reasons.append(Reason("The review must come after the day of adoption", "review_on"))
    if values.get("casting_vote") and values.get("voting_rule") in ("consensus", "unanimous"):
        reasons.append(Reason("A casting vote is of use only where votes are counted", "casting_vote"))
    return reasons


class Held(NamedTuple):
    """A membership as the guard reads it."""

    holder: int | None
    starts: date | None
    ends: date | None


def overlapping(one: Held, others: Iterable[Held]) -> bool:
    """Whether the person already is a member in some of these days."""
    return any(
        other.holder == one.holder
        and (other.starts is None or one.ends is None or other.starts <= one.ends)
        and (one.starts is None or other.ends is None or one.starts <= other.ends)
        for other in others
    )


def lead_is_employed(role: str, holder: Any, delegating: Collection[Any], employers: Collection[int]) -> list[Reason]:
    """An executive lead is employed by a body that delegates to the forum (its host where nobody else does)."""
    if role != Membership.Role.EXECUTIVE_LEAD or holder is None:
        return []
    if {body.pk for body in delegating} & set(employers):
        return []
    names = " or ".join(sorted(body.label for body in delegating))
    text = f"An executive lead holds what was delegated, so must be employed by the body that delegates: {names}"
    return [Reason(text, "holder")]


def share_fits(forum: Forum, values: Mapping[str, Any]) -> list[Reason]:
    """Only in committees in common has a member's body a share of a joint matter."""
    if values.get("share") is None or forum.form == Forum.Form.COMMITTEES_IN_COMMON:
        return []
    return [Reason("Only in committees in common has a body a share of the amount", "share")]
