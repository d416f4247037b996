"""Restructures carried out: bodies, what has dates, what is open; before the day as it was, from the day as it is."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import Q

from collaboration.models import (
    Concern,
    ConcernAudience,
    FeedbackInvitation,
    InformationRequest,
    Profile,
    RequestAudience,
    SharedRisk,
)
from ics_governance import ledger
from ics_governance.context import acting_as, system
from ics_governance.models import LedgerEntry
from ics_governance.permissions import SYSTEM, Refused
from ics_governance.wording import day as in_words
from ics_governance.workflow import GuardFailed
from oversight import lineage
from oversight.actions import restructures as actions
from oversight.models import Case, Restructure
from oversight.queries import restructures as queries
from partnerships.access import actor_for, allowed
from partnerships.actions.checks import run_checks
from partnerships.models import (
    Action,
    ArrangementMember,
    CheckFinding,
    Cluster,
    ClusterMember,
    Decision,
    Delegation,
    Deputy,
    Employment,
    FormerName,
    Forum,
    Function,
    Meeting,
    Membership,
    Organisation,
    OrganisationRelation,
    Place,
    Post,
    RoleMembership,
    Succession,
)
from partnerships.queries.authority import ask
from tests import records
from tests.oversight.case_world import move as move_case
from tests.oversight.case_world import raise_case
from tests.world import LONG_AGO, World, moved

TODAY = date(2026, 11, 10)
DAY = date(2026, 11, 1)
LAST = date(2026, 10, 31)
LATER = date(2027, 1, 1)
ICB = {"name": "NHS Pennines Integrated Care Board", "short_name": "Pennines ICB", "code": "QPE1X", "kind": "icb"}
TRUST = {"name": "Aire Valley NHS Foundation Trust", "code": "RAV", "kind": "trust"}


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=False):
        yield


def draft(world: World, codes: list[str], new: dict[str, Any], on: date = DAY, kind: str = "merge", **more: Any):
    specs = more.pop("successors", [new] if new else [])
    return actions.draft(
        by=world.actor("admin"), kind=kind, predecessors=[world.body(code) for code in codes], successors=specs,
        effective_on=on, **more,
    )  # fmt: skip


def merged_icbs(world: World, on: date = DAY, **choices: str) -> Restructure:
    """West Yorkshire and Greater Manchester become one, in the region of the first."""
    made = draft(world, ["QWO", "QOP"], {**ICB, "region": world.body("Y63").pk}, on)
    if choices:
        actions.choose(by=world.actor("admin"), restructure=made, choices=choices)
    return actions.carry_out(by=world.actor("admin"), restructure=made, confirmed=True)


def merged_trusts(world: World, on: date = DAY) -> Restructure:
    return actions.carry_out(
        by=world.actor("admin"), restructure=draft(world, ["RCF", "RR8"], TRUST, on), confirmed=True
    )


def follower(row: Any) -> Any:
    return type(row).objects.get(follows=row)


# --- Bodies, and what has dates -----------------------------------------------------------------------------------


def test_predecessors_close_on_the_last_day_and_the_successor_opens_on_the_first(world: World):
    merged_icbs(world)
    assert [world.body(code).closed for code in ("QWO", "QOP")] == [LAST, LAST]
    new = world.body("QPE1X")
    assert (new.opened, new.closed, new.label) == (DAY, None, "Pennines ICB")
    rows = Succession.objects.filter(successor=new).order_by("predecessor__ods_code")
    assert [(row.predecessor.code, row.kind, row.effective_on) for row in rows] == [
        ("QOP", "merger", DAY), ("QWO", "merger", DAY),
    ]  # fmt: skip


def test_links_pass_with_their_lead_and_nothing_overlaps(world: World):
    merged_icbs(world)
    new, trust = world.body("QPE1X"), world.body("RCF")
    rows = OrganisationRelation.objects.filter(source_body=trust).order_by("starts")
    assert [(row.target_body.code, row.lead, row.starts, row.ends) for row in rows] == [
        ("QWO", True, date(2026, 4, 1), LAST), ("QPE1X", True, DAY, None),
    ]  # fmt: skip
    regions = OrganisationRelation.objects.filter(source_body=new, kind="region")
    assert [(row.target_body.code, row.starts) for row in regions] == [("Y63", DAY)]


def test_two_regions_have_to_be_settled_first(world: World):
    made = draft(world, ["QWO", "QOP"], ICB)
    with pytest.raises(GuardFailed, match="name the region of the new body"):
        actions.carry_out(by=world.actor("admin"), restructure=made)
    assert Organisation.objects.filter(closed=LAST).count() == 0


def test_a_cluster_nobody_is_left_in_ends(world: World):
    cluster = Cluster.objects.create(name="North", starts=LONG_AGO)
    for code in ("QWO", "QOP"):
        ClusterMember.objects.create(cluster=cluster, organisation=world.body(code), starts=LONG_AGO)
    merged_icbs(world)
    cluster.refresh_from_db()
    assert cluster.ends == LAST
    assert {row.ends for row in cluster.members.all()} == {LAST}


def test_places_and_arrangements_begin_anew_and_name_what_they_follow(world: World):
    old = Place.objects.get(name="Bradford District and Craven")
    old.councils.add(world.body("E08000032"))
    merged_icbs(world)
    old.refresh_from_db()
    new = follower(old)
    assert (old.ends, new.starts, new.icb.code, new.name) == (LAST, DAY, "QPE1X", old.name)
    assert [body.code for body in new.councils.all()] == ["E08000032"]
    partnership = follower(old.arrangements.get())
    assert (partnership.place, partnership.host.code, partnership.starts) == (new, "QPE1X", DAY)
    assert sorted(row.organisation.code for row in partnership.members.all()) == ["E08000032", "QPE1X", "RCF", "RR8"]


def test_forums_pass_with_terms_people_and_deputies_and_boards_end(world: World):
    old = world.place_board
    seat = Membership.objects.get(forum=old, organisation=world.body("RCF"))
    Deputy.objects.create(membership=seat, person=world.person("partner"), starts=LONG_AGO)
    merged_icbs(world)
    old.refresh_from_db()
    new = follower(old)
    assert (old.ends, new.starts, new.host.code, new.reports_to) == (LAST, DAY, "QPE1X", None)
    assert [(row.version, row.adopted_on, row.quorum) for row in new.terms.all()] == [(1, DAY, 2)]
    rows = {row.organisation.code: row for row in new.memberships.all()}
    assert sorted(rows) == ["E08000032", "QPE1X", "RCF", "RR8"]
    assert (rows["QPE1X"].holder, rows["QPE1X"].deputy) == (world.person("executive"), world.person("officer"))
    assert [row.person for row in rows["RCF"].further_deputies.all()] == [world.person("partner")]
    assert {row.ends for row in old.memberships.all()} == {LAST}
    board = Forum.objects.get(name="NHS West Yorkshire board")
    assert (board.ends, board.followed_by.count()) == (LAST, 0)


def test_a_seat_elsewhere_passes_once_with_the_same_people(world: World):
    council = records.forum(world.body("E08000032"), form="consultative_forum")
    first = records.member(council, world.icb)
    records.member(council, world.body("QOP"))
    merged_icbs(world)
    rows = Membership.objects.filter(forum=council, ends=None)
    assert [(row.organisation.code, row.holder, row.starts) for row in rows] == [("QPE1X", first.holder, DAY)]


def test_people_keep_their_roles_posts_and_employers_in_the_successor(world: World):
    post = Post.objects.create(
        organisation=world.icb, title="Director of place", holder=world.person("officer"), starts=LONG_AGO
    )
    merged_icbs(world)
    post.refresh_from_db()
    assert post.ends == LAST
    new = Post.objects.get(organisation=world.body("QPE1X"))
    assert (new.title, new.holder, new.starts) == ("Director of place", world.person("officer"), DAY)
    held = RoleMembership.objects.on(TODAY).filter(user=world.user("officer"))
    assert [(row.organisation.code, row.role) for row in held] == [("QPE1X", "icb_officer")]
    assert world.actor("officer", LAST).organisations("forum.edit") == {world.icb.pk}


def test_delegations_are_novated_and_the_resolver_answers_on_both_sides_of_the_day(world: World):
    old = world.place_board
    function = Function.objects.get(code="community_services")
    merged_icbs(world)
    new = follower(old)
    before, since = Place.objects.get(name=old.places.first().name, ends=LAST), new.places.get()
    amount = Decimal(500_000)
    said = {
        "old before": ask(old, function, amount=amount, places=[before.pk], on=LAST),
        "old since": ask(old, function, amount=amount, places=[since.pk], on=DAY),
        "new before": ask(new, function, amount=amount, places=[before.pk], on=LAST),
        "new since": ask(new, function, amount=amount, places=[since.pk], on=DAY),
        "new above": ask(new, function, amount=amount + 1, places=[since.pk], on=DAY),
    }
    answers = {name: asked.answer.status.value for name, asked in said.items()}
    assert answers["old before"] == answers["new since"] == "within_authority"
    assert answers["new above"] == "exceeds_limit"
    assert answers["old since"] != "within_authority" and answers["new before"] != "within_authority"
    edge = Delegation.objects.get(to_forum=new)
    assert (edge.status, edge.starts, edge.ends) == ("in_force", DAY, date(2027, 3, 31))
    assert (edge.from_organisation.code, edge.from_forum, edge.novates.to_forum) == ("QPE1X", None, old)
    assert edge.instrument == f"terms of reference, section 6, novating no. {edge.novates_id}"
    assert (edge.novates.status, edge.novates.ends) == ("ended", LAST)


def test_after_a_merger_a_committee_decides_for_its_own_bodys_places_and_for_no_others(world: World):
    committee = Forum.objects.get(name="Finance and commissioning committee")
    oldham = Place.objects.create(name="Oldham", icb=world.body("QOP"), starts=LONG_AGO)
    function, amount = Function.objects.get(code="community_services"), Decimal(1_500_000)
    merged_icbs(world, **{f"forum:{committee.pk}": "carry_on"})
    new = follower(committee)
    leeds = Place.objects.get(name="Leeds", ends=None)
    said = [
        ask(committee, function, amount=amount, places=[oldham.pk], on=LAST),
        ask(new, function, amount=amount, places=[follower(oldham).pk], on=DAY),
        ask(new, function, amount=amount, places=[leeds.pk], on=DAY),
    ]
    assert [asked.answer.status.value for asked in said] == ["outside_area", "outside_area", "within_authority"]
    names = Delegation.objects.get(to_forum=new).places.values_list("name", flat=True)
    assert sorted(names) == ["Bradford District and Craven", "Leeds"]


def test_a_merged_trust_makes_once_what_both_made(world: World):
    committee = records.forum(world.icb, form="joint_committee")
    for code, limit in (("RCF", 900), ("RR8", 500)):
        made = Delegation.objects.create(
            function=Function.objects.get(code="community_services"), from_organisation=world.body(code),
            to_forum=committee, basis="s65z5", instrument="Agreement", limit=limit, starts=LONG_AGO,
        )  # fmt: skip
        moved(made, "approved", "in_force")
    merged_trusts(world)
    rows = Delegation.objects.filter(from_organisation=world.body("RAV"))
    assert [(row.limit, row.status, row.to_forum) for row in rows] == [(Decimal(500), "in_force", committee)]


def test_a_suspended_delegation_goes_on_suspended_and_a_draft_as_a_draft(world: World):
    suspended = Delegation.objects.get(to_forum=world.place_board)
    Delegation.objects.filter(pk=suspended.pk).update(status="suspended")
    waiting = Delegation.objects.create(
        function=suspended.function, from_organisation=world.icb, to_forum=world.place_board, basis="internal_scheme",
        instrument="A draft", starts=LATER,
    )  # fmt: skip
    merged_icbs(world)
    waiting.refresh_from_db()
    assert Delegation.objects.get(novates=suspended).status == "suspended"
    assert (waiting.status, waiting.ends, Delegation.objects.get(novates=waiting).status) == (
        "withdrawn",
        None,
        "draft",
    )


def test_trusts_merge_the_same_way(world: World):
    merged_trusts(world)
    new = world.body("RAV")
    assert [world.body(code).closed for code in ("RCF", "RR8")] == [LAST, LAST]
    seats = Membership.objects.on(TODAY).filter(forum=world.place_board, organisation=new)
    assert [(row.holder, row.starts) for row in seats] == [(world.person("chair"), DAY)]
    links = OrganisationRelation.objects.on(TODAY).filter(source_body=new)
    assert [(row.target_body.code, row.lead) for row in links] == [("QWO", True)]
    parts = ArrangementMember.objects.on(TODAY).filter(organisation=new)
    assert [row.arrangement.name for row in parts] == ["Bradford District and Craven Partnership"]


def live_of(body: Organisation) -> dict[str, int]:
    """What goes on of a body after its last day, or only begins then."""
    spans = {
        "links": OrganisationRelation.objects.filter(Q(source_body=body) | Q(target_body=body)),
        "parts": ArrangementMember.objects.filter(Q(organisation=body) | Q(represented_by=body)),
        "seats": Membership.objects.filter(organisation=body),
        "forums": Forum.objects.filter(host=body),
        "posts": Post.objects.filter(organisation=body),
        "jobs": Employment.objects.filter(organisation=body),
        "roles": RoleMembership.objects.filter(organisation=body),
        "delegations": Delegation.objects.filter(
            Q(from_organisation=body) | Q(to_organisation=body) | Q(to_forum__host=body)
        ).exclude(status__in=("ended", "withdrawn")),
    }  # fmt: skip
    counts = {name: rows.exclude(ends__lte=body.closed).count() for name, rows in spans.items()}
    return {name: number for name, number in counts.items() if number}


def test_two_restructures_of_one_first_day_leave_nothing_on_the_bodies_that_are_no_more(world: World):
    board = world.place_board
    Delegation.objects.create(
        function=Function.objects.get(code="community_services"), from_organisation=world.icb,
        to_organisation=world.body("RR8"), basis="s65z5", instrument="A draft", starts=LONG_AGO,
    )  # fmt: skip
    merged_icbs(world)
    merged_trusts(world)
    assert {code: live_of(world.body(code)) for code in ("QWO", "QOP", "RCF", "RR8")} == {
        "QWO": {}, "QOP": {}, "RCF": {}, "RR8": {},
    }  # fmt: skip
    new, trust = follower(board), world.body("RAV")
    assert [row.starts for row in Membership.objects.filter(forum=new, organisation=trust)] == [DAY]
    links = OrganisationRelation.objects.on(TODAY).filter(source_body=trust)
    assert [(row.target_body.code, row.lead, row.starts) for row in links] == [("QPE1X", True, DAY)]
    ledger.seal_all()
    assert ledger.verify().faults == ()


def test_what_begins_after_the_first_day_begins_with_the_successor(world: World):
    trust = world.body("RCF")
    forum = records.forum(trust, starts=LATER)
    forum.places.add(Place.objects.get(name="Leeds"))
    seat = records.member(forum, trust, starts=LATER)
    elsewhere = records.member(records.forum(world.icb), world.body("RR8"), starts=LATER)
    merged_trusts(world)
    new = world.body("RAV")
    for row in (forum, seat, elsewhere):
        row.refresh_from_db()
        assert (row.starts, row.ends) == (LATER, None)
    assert (forum.host, seat.organisation, elsewhere.organisation) == (new, new, new)
    assert [place.name for place in forum.places.all()] == ["Leeds"]
    assert LedgerEntry.objects.filter(kind="forum.put_to_successor", record=f"forum:{forum.pk}").count() == 1


def test_a_forum_that_would_begin_after_the_end_of_its_body_stands_against_the_end(world: World):
    records.forum(world.body("RR8"), name="Coming committee", starts=LATER)
    made = draft(world, ["RR8"], {}, kind="close")
    with pytest.raises(GuardFailed, match="Coming committee begins only on"):
        actions.carry_out(by=world.actor("admin"), restructure=made)
    assert world.body("RR8").closed is None


# --- What is open -------------------------------------------------------------------------------------------------


def test_planned_meetings_and_drafts_go_to_the_new_forum_and_agreed_decisions_stay(world: World):
    coming, held = world.meeting(LATER), world.meeting(date(2026, 10, 14))
    waiting = world.decision(1, meeting=coming)
    being_minuted = world.decision(2, meeting=held)
    agreed = records.decision(world.place_board, date(2026, 10, 14), seen_by=[world.icb], reference="QWO-2026-0003")
    merged_icbs(world)
    new = follower(world.place_board)
    with system("look"):
        assert Meeting.objects.get(pk=coming.pk).forum == new
        assert Meeting.objects.get(pk=held.pk).forum == world.place_board
        forums = {row.pk: row.forum for row in Decision.objects.all()}
    assert forums == {waiting.pk: new, being_minuted.pk: world.place_board, agreed.pk: world.place_board}


def test_the_successors_people_read_and_keep_what_the_predecessors_did(world: World):
    agreed = world.decision(3, shared=True)
    merged_icbs(world)
    with acting_as(world.actor("officer")):
        assert allowed(world.actor("officer"), "decision.edit", agreed)
    with acting_as(world.actor("secretary")):
        assert allowed(world.actor("secretary"), "decision.view", agreed)
    with system("look"):
        rows = agreed.audience.filter(organisation__in=[world.icb, world.body("QPE1X")]).order_by("starts")
        assert [(row.organisation.code, row.capacity, row.starts, row.ends) for row in rows] == [
            ("QWO", "host", LONG_AGO, LAST), ("QPE1X", "host", DAY, None),
        ]  # fmt: skip


def test_a_forum_that_ends_holds_no_more_meetings(world: World):
    with system("a meeting of the board"):
        meeting = Meeting.objects.create(forum=Forum.objects.get(name="NHS West Yorkshire board"), held_on=LATER)
    merged_icbs(world)
    with system("look"):
        assert Meeting.objects.get(pk=meeting.pk).state == "cancelled"


def test_open_actions_requests_and_risks_pass_and_closed_ones_stay(world: World):
    decision = records.decision(world.place_board, date(2026, 10, 14))
    waiting = records.action(decision, world.body("RCF"), LATER)
    done = records.action(decision, world.body("RCF"), date(2026, 9, 1), "confirmed")
    with system("open matters"):
        asked = _request(world, "RCF", "QWO")
        inside = _request(world, "RCF", "RR8")
        risk = SharedRisk.objects.create(host=world.icb, owner=world.body("RR8"), title="A vacancy", raised_on=LONG_AGO)
    event = merged_trusts(world).event
    new = world.body("RAV")
    assert event is not None
    event.refresh_from_db()
    assert event.moved["open"] == {"action": 1, "request": 2, "risk": 1}
    with system("look"):
        assert [Action.objects.get(pk=row.pk).owner for row in (waiting, done)] == [new, world.body("RCF")]
        asked.refresh_from_db()
        inside.refresh_from_db()
        assert (asked.asker, asked.state, inside.state) == (new, "open", "withdrawn")
        assert SharedRisk.objects.get(pk=risk.pk).owner == new
        readers = RequestAudience.objects.filter(request=asked, ends=None).order_by("capacity")
        assert [(row.organisation.code, row.capacity) for row in readers] == [("QWO", "asked"), ("RAV", "asker")]


def _request(world: World, asker: str, asked: str) -> InformationRequest:
    made = InformationRequest.objects.create(
        asker=world.body(asker), asked=world.body(asked), title="Waiting lists", text="Why", asked_on=LONG_AGO,
        due_on=LATER, first_due_on=LATER, asked_by=world.user("secretary"),
    )  # fmt: skip
    for code, capacity in ((asker, "asker"), (asked, "asked")):
        made.audience.create(organisation=world.body(code), capacity=capacity, starts=LONG_AGO)
    return made


def test_the_successor_answers_a_case_in_its_predecessors_place(world: World):
    case = move_case(world, "officer", raise_case(world), "accept")
    merged_trusts(world)
    new = world.body("RAV")
    with system("look"):
        concern = Concern.objects.get(pk=case.concern_id)
        assert [row.organisation for row in concern.respondents.all()] == [new]
        assert {row.organisation for row in case.replies.filter(replied_on=None)} == {new}
        said = [row.note for row in case.steps.filter(event="passed_on")]
    assert said == [f"Airedale NHS Foundation Trust became Aire Valley NHS Foundation Trust on {in_words(DAY)}."]
    with acting_as(world.actor("secretary")):
        assert allowed(world.actor("secretary"), "case.reply", Case.objects.get(pk=case.pk))


def test_a_holder_passes_with_its_lead_and_old_pages_are_told(world: World):
    case = move_case(world, "officer", raise_case(world), "accept")
    before = case.version
    merged_icbs(world)
    with system("look"):
        now = Case.objects.get(pk=case.pk)
    assert (now.holder.code, now.version) == ("QPE1X", before + 1)
    with acting_as(world.actor("officer")):
        assert allowed(world.actor("officer"), "case.lead", now)


def test_who_raised_a_concern_in_confidence_stays_hidden_when_both_parties_become_one(world: World):
    """Leeds raised it about Airedale; the new trust answers as Airedale did, and does not learn who raised it."""
    RoleMembership.objects.create(
        user=world.user("stranger"), organisation=world.body("RR8"), role="trust_secretary", starts=LONG_AGO
    )
    case = raise_case(world, "stranger", "RR8", in_confidence=True)
    case = move_case(world, "officer", case, "accept")
    merged_trusts(world)
    for name in ("secretary", "stranger"):
        actor = world.actor(name)
        with acting_as(actor):
            seen = Case.objects.get(pk=case.pk)
            assert [row.organisation.code for row in seen.concern.respondents.all()] == ["RAV"]
            with connection.cursor() as cursor:
                cursor.execute("select count(*) from collaboration_concernraiser")
                assert cursor.fetchone() == (0,)
    with system("look"):
        rows = ConcernAudience.objects.filter(concern=case.concern_id, organisation=world.body("RAV"))
        assert {row.capacity for row in rows} == {"respondent"}
        texts = " ".join(str(value) for value in case.steps.values_list("note", flat=True))
        entries = LedgerEntry.objects.filter(record=f"case:{case.pk}", kind__contains="passed_on")
        written = [value.value for entry in entries for value in entry.values.all()]
    assert "Leeds" not in texts
    numbers = {number for text in written for number in re.findall(r"\d+", text)}
    assert str(world.body("RR8").pk) not in numbers


def test_what_is_open_passes_on_the_day_itself_when_that_is_to_come(world: World):
    decision = records.decision(world.place_board, date(2026, 10, 14))
    action = records.action(decision, world.body("RCF"), LATER)
    made = merged_trusts(world, LATER)
    assert world.body("RAV").opened == LATER
    with system("look"):
        assert Action.objects.get(pk=action.pk).owner.code == "RCF"
    assert actions.finish_those_due() == 0
    with time_machine.travel(LATER, tick=False):
        assert actions.finish_those_due() == 1
        assert actions.finish_those_due() == 0
    made.event.refresh_from_db()
    assert (made.event.moved["waits"], made.event.moved["open"]) == (False, {"action": 1})
    with system("look"):
        assert Action.objects.get(pk=action.pk).owner.code == "RAV"


# --- Other kinds --------------------------------------------------------------------------------------------------


def test_a_new_name_leaves_the_former_one_with_its_dates(world: World):
    made = draft(world, ["RCF"], {}, kind="rename", name="Airedale and Craven NHS Foundation Trust")
    actions.carry_out(by=world.actor("admin"), restructure=made)
    assert world.body("RCF").name == "Airedale and Craven NHS Foundation Trust"
    assert world.body("RCF").closed is None
    former = FormerName.objects.get(organisation=world.body("RCF"))
    assert (former.name, former.starts, former.ends) == ("Airedale NHS Foundation Trust", LONG_AGO, LAST)


def test_a_new_name_by_way_of_a_restructure_keeps_the_rules_of_every_new_name(world: World):
    renamed = {"kind": "rename", "name": "Airedale and Craven NHS Foundation Trust", "short_name": "Craven"}
    made = draft(world, ["RCF"], {}, date(2026, 11, 5), **renamed)
    actions.carry_out(by=world.actor("admin"), restructure=made)
    assert world.body("RCF").label == "Craven"
    for name, on, words in (
        ("Dales NHS Foundation Trust", DAY, "present name since"),
        ("Leeds Teaching Hospitals NHS Trust", TODAY, "The register holds Leeds Teaching Hospitals"),
    ):
        with pytest.raises(GuardFailed, match=words):
            draft(world, ["RCF"], {}, on, kind="rename", name=name)


def test_a_name_that_another_body_took_meanwhile_waits_and_holds_nothing_up(world: World):
    made = draft(world, ["RCF"], {}, LATER, kind="rename", name="Dales NHS Foundation Trust")
    actions.carry_out(by=world.actor("admin"), restructure=made)
    records.trust(world.icb, name="Dales NHS Foundation Trust")
    actions.carry_out(by=world.actor("admin"), restructure=draft(world, ["R0A"], {}, LATER, kind="close"))
    with time_machine.travel(LATER, tick=False):
        assert actions.finish_those_due() == 1
    assert world.body("RCF").name == "Airedale NHS Foundation Trust"


def test_bodies_without_a_national_code_merge_into_one_with_a_code_of_this_register(world: World):
    for number in (1, 2):
        Organisation.objects.create(kind="vcse", name=f"Voices {number}", local_code=f"L000{number}", opened=LONG_AGO)
    new = {"name": "Voices of Yorkshire", "kind": "vcse", "code": ""}
    actions.carry_out(by=world.actor("admin"), restructure=draft(world, ["L0001", "L0002"], new))
    made = Organisation.objects.get(name="Voices of Yorkshire")
    assert (made.code, made.opened) == ("L0003", DAY)


def test_both_parts_of_a_split_lie_in_the_region_and_share_what_is_said_to_be_of_both(world: World):
    link = OrganisationRelation.objects.get(source_body=world.body("RCF"))
    specs = [{**ICB, "name": f"NHS Part {code} Integrated Care Board", "short_name": "", "code": code}
             for code in ("QP1", "QP2")]  # fmt: skip
    made = draft(world, ["QWO"], {}, kind="split", successors=specs)
    actions.choose(by=world.actor("admin"), restructure=made, choices={f"relation:{link.pk}": "carry_on:all"})
    actions.carry_out(by=world.actor("admin"), restructure=made)
    rows = OrganisationRelation.objects.on(TODAY)
    regions = rows.filter(kind="region", source_body__ods_code__in=["QP1", "QP2"]).order_by("source_body__ods_code")
    assert [(row.source_body.code, row.target_body.code) for row in regions] == [("QP1", "Y63"), ("QP2", "Y63")]
    systems = rows.filter(source_body=world.body("RCF")).order_by("target_body__ods_code")
    assert [(row.target_body.code, row.lead) for row in systems] == [("QP1", True), ("QP2", False)]


def test_a_new_board_without_a_region_is_refused(world: World):
    link = OrganisationRelation.objects.get(source_body=world.icb, kind="region")
    dales = {**ICB, "name": "NHS Dales Integrated Care Board", "short_name": "", "code": "QP2"}
    specs = [{**ICB, "code": "QP1"}, dales]
    made = draft(world, ["QWO"], {}, kind="split", successors=specs)
    actions.choose(by=world.actor("admin"), restructure=made, choices={f"relation:{link.pk}": "carry_on:1"})
    with pytest.raises(GuardFailed, match="Pennines ICB would lie in no region"):
        actions.carry_out(by=world.actor("admin"), restructure=made)


def test_what_is_left_to_people_names_the_board_and_the_partnership_that_ended(world: World):
    for code in ("QWO", "QOP"):
        world.body(code).arrangements_hosted.create(kind="icp", name=f"Partnership of {code}", starts=LONG_AGO)
    committee = Forum.objects.get(name="Finance and commissioning committee")
    made = merged_icbs(world, **{f"forum:{committee.pk}": "carry_on"})
    assert made.event is not None
    to_do = made.event.moved["to_do"]
    assert "Record the board of Pennines ICB and its committees, with their members." in to_do
    assert any(line.startswith("Add the members of Partnership of ") for line in to_do)


def test_a_split_goes_place_by_place(world: World):
    leeds, forum = Place.objects.get(name="Leeds"), Forum.objects.get(name="Leeds partnership forum")
    board = world.place_board
    specs = [{"id": world.body("QOP").pk}, {**ICB, "region": world.body("Y63").pk}]
    made = draft(world, ["QWO"], {}, kind="split", successors=specs)
    actions.choose(by=world.actor("admin"), restructure=made, choices={f"place:{leeds.pk}": "carry_on:1"})
    actions.carry_out(by=world.actor("admin"), restructure=made)
    assert follower(leeds).icb.code == "QPE1X"
    assert follower(forum).host.code == "QPE1X"
    assert follower(board).host.code == "QOP"
    assert sorted(row.successor.code for row in world.icb.successions.all()) == ["QOP", "QPE1X"]


def test_a_part_that_passes_leaves_the_rest_where_it_is(world: World):
    leeds, forum = Place.objects.get(name="Leeds"), Forum.objects.get(name="Leeds partnership forum")
    made = draft(world, ["QWO"], {}, kind="acquire", successors=[{"id": world.body("QOP").pk}])
    actions.choose(by=world.actor("admin"), restructure=made, choices={f"place:{leeds.pk}": "carry_on"})
    actions.carry_out(by=world.actor("admin"), restructure=made)
    world.place_board.refresh_from_db()
    assert (world.body("QWO").closed, world.place_board.ends) == (None, None)
    assert follower(leeds).icb.code == "QOP"
    assert follower(forum).host.code == "QOP"


def test_a_body_that_closes_ends_with_all_that_is_its_own(world: World):
    made = draft(world, ["RR8"], {}, kind="close")
    actions.carry_out(by=world.actor("admin"), restructure=made)
    assert world.body("RR8").closed == LAST
    assert not Membership.objects.on(TODAY).filter(organisation=world.body("RR8")).exists()
    assert not OrganisationRelation.objects.on(TODAY).filter(source_body=world.body("RR8")).exists()


# --- Refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["officer", "executive", "region_lead", "auditor", "stranger"])
def test_only_the_administrator_restructures(world: World, name: str):
    made = draft(world, ["RCF", "RR8"], TRUST)
    for act in (
        lambda by: actions.carry_out(by=by, restructure=made),
        lambda by: actions.drop(by=by, restructure=made),
        lambda by: actions.choose(by=by, restructure=made, choices={}),
        lambda by: draft_by(by, world),
    ):
        with pytest.raises(Refused):
            act(world.actor(name))


def draft_by(by: Any, world: World) -> Restructure:
    return actions.draft(by=by, kind="close", predecessors=[world.body("R0A")], successors=[], effective_on=DAY)


@pytest.mark.parametrize(
    ("codes", "new", "on", "words"),
    [
        (["RCF"], TRUST, DAY, "at least two bodies"),
        (["RCF", "RR8"], TRUST, date(2022, 7, 1), "opened on 1 July 2022"),
        (["RCF", "RR8"], {**TRUST, "code": "R0A"}, DAY, "The code R0A belongs to Manchester University"),
        (["RCF", "QWO"], TRUST, DAY, "different kinds"),
        (["RCF", "RR8"], TRUST, date(2029, 4, 1), "more than two years ahead"),
    ],
)
def test_what_can_never_be_is_refused_when_it_is_prepared(world: World, codes, new, on, words):
    with pytest.raises(GuardFailed, match=words):
        draft(world, codes, new, on)
    assert not Restructure.objects.exists()


def test_a_body_is_in_one_draft_at_a_time(world: World):
    first = draft(world, ["RCF", "RR8"], TRUST)
    with pytest.raises(GuardFailed, match=f"Restructure {first.pk} is being prepared"):
        draft(world, ["RCF", "R0A"], {**TRUST, "code": "RAW"})
    actions.drop(by=world.actor("admin"), restructure=first)
    assert draft(world, ["RCF", "R0A"], {**TRUST, "code": "RAW"}).pk


def test_the_second_of_two_administrators_is_refused(world: World):
    made = draft(world, ["RCF", "RR8"], TRUST)
    actions.carry_out(by=world.actor("admin"), restructure=made)
    with pytest.raises(GuardFailed, match="carried out meanwhile"):
        actions.carry_out(by=world.actor("admin"), restructure=made)
    with pytest.raises(GuardFailed, match="carried out meanwhile"):
        actions.drop(by=world.actor("admin"), restructure=made)
    assert Succession.objects.filter(successor=world.body("RAV")).count() == 2


def test_a_merged_body_is_not_merged_again(world: World):
    merged_trusts(world)
    with pytest.raises(GuardFailed, match="is 31 October 2026 already"):
        draft(world, ["RCF", "R0A"], {**TRUST, "code": "RAW"}, TODAY)


def test_what_changed_since_the_preview_is_looked_at_again(world: World):
    made = draft(world, ["RCF", "RR8"], TRUST)
    seen = queries.preview(made, TODAY).digest
    records.forum(world.body("RCF"))
    with pytest.raises(GuardFailed, match="has changed since you looked at it"):
        actions.carry_out(by=world.actor("admin"), restructure=made, seen=seen)


def test_decisions_agreed_since_the_first_day_have_to_be_acknowledged(world: World):
    records.decision(world.place_board, date(2026, 11, 5))
    made = draft(world, ["QWO", "QOP"], {**ICB, "region": world.body("Y63").pk})
    assert queries.preview(made, TODAY).since == 1
    with pytest.raises(GuardFailed, match="Tick that decisions agreed since that day stay"):
        actions.carry_out(by=world.actor("admin"), restructure=made)
    actions.carry_out(by=world.actor("admin"), restructure=made, confirmed=True)


def test_a_constraint_that_would_break_undoes_all_of_it(world: World):
    """Whatever goes wrong in the middle: nothing is half done."""
    made = draft(world, ["RCF", "RR8"], TRUST)
    Organisation.objects.create(kind="trust", name="Meanwhile", ods_code="RAV")
    with pytest.raises(GuardFailed, match="Meanwhile already"), transaction.atomic():
        actions.carry_out(by=world.actor("admin"), restructure=made)
    assert world.body("RCF").closed is None
    made.refresh_from_db()
    assert made.state == "draft"


def test_only_offered_choices_are_kept(world: World):
    made = draft(world, ["RCF", "RR8"], TRUST)
    for choices in ({"forum:999999": "end"}, {f"forum:{world.place_board.pk}": "end"}, {"open:case": "end"}):
        with pytest.raises(GuardFailed, match="look at it again"):
            actions.choose(by=world.actor("admin"), restructure=made, choices=choices)


# --- The whole ----------------------------------------------------------------------------------------------------


def test_nothing_is_deleted_and_every_move_is_in_the_audit_trail(world: World):
    models = (Forum, Membership, Delegation, Place, OrganisationRelation, RoleMembership, Organisation)
    before = {model: set(model.objects.values_list("pk", flat=True)) for model in models}
    made = merged_icbs(world)
    assert all(ids <= set(model.objects.values_list("pk", flat=True)) for model, ids in before.items())
    plan_moves = made.event.moved["counts"]
    entries = list(LedgerEntry.objects.values_list("kind", flat=True))
    for kind, noun in (("forum", "forum"), ("delegation", "delegation"), ("place", "place")):
        ended = [entry for entry in entries if entry in (f"{noun}.passed_on", f"{noun}.ended_with_its_body")]
        assert len(ended) == plan_moves[kind].get("carry_on", 0) + plan_moves[kind].get("end", 0)
        assert len([entry for entry in entries if entry == f"{noun}.carried_on"]) == plan_moves[kind]["carry_on"]
    ledger.seal_all()
    assert ledger.verify().faults == ()


def test_the_number_of_statements_does_not_grow_with_the_records(world: World, django_assert_max_num_queries):
    made = draft(world, ["QWO", "QOP"], {**ICB, "region": world.body("Y63").pk})
    counts = []
    for _round in range(2):
        with django_assert_max_num_queries(15) as captured:
            shown = queries.preview(Restructure.objects.get(pk=made.pk), TODAY)
        counts.append(len(captured))
        for _ in range(20):
            records.member(records.forum(world.icb), world.body("RCF"))
    assert counts[0] == counts[1]
    assert isinstance(shown.plan, lineage.Plan)


def test_scores_stay_with_the_body_that_they_are_about(world: World, django_db_blocker):
    from collaboration.actions.frameworks import load_framework
    from collaboration.actions.scoring import score_month
    from collaboration.framework_file import FOLDER

    text = (FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8")
    load_framework(by=SYSTEM, text=text)
    score_month(by=SYSTEM, as_of=date(2026, 9, 30))
    before = set(Profile.objects.values_list("pk", "subject__ods_code"))
    merged_trusts(world)
    run = score_month(by=SYSTEM, as_of=TODAY)
    assert before <= set(Profile.objects.values_list("pk", "subject__ods_code"))
    scored = set(Profile.objects.filter(as_of=TODAY).values_list("subject__ods_code", flat=True))
    assert (run.subjects, scored) == (2, {"RAV", "R0A"})
    assert FeedbackInvitation.objects.count() == 0
    assert actor_for(world.user("chair"), TODAY + timedelta(days=1)).organisations("profile.view") == {
        world.body("RAV").pk
    }


def test_the_checks_of_the_new_system_have_run_when_it_is_made(world: World):
    made = merged_icbs(world)
    successor = made.event.bodies.exclude(pk__in=made.predecessors.all()).get()
    assert CheckFinding.objects.filter(system=successor).exists()


def test_nothing_is_found_any_more_in_the_system_of_a_board_that_is_no_more(world: World):
    run_checks(by=SYSTEM, system=world.icb)
    assert CheckFinding.objects.filter(system=world.icb).exists()
    merged_icbs(world)
    assert not CheckFinding.objects.filter(system=world.icb).exists()
