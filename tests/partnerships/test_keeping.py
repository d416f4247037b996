"""The register of bodies is kept: recorded, corrected, renamed, closed, related, clustered; nothing is deleted."""

from dataclasses import replace
from datetime import date

import pytest

from ics_governance.permissions import SYSTEM, Refused
from ics_governance.wording import NBSP
from ics_governance.workflow import GuardFailed
from partnerships.actions import organisations as bodies
from partnerships.actions import relations
from partnerships.actions.reference import load_reference
from partnerships.england import read
from partnerships.models import (
    Cluster,
    ClusterMember,
    FormerName,
    Organisation,
    OrganisationRelation,
)
from partnerships.queries.organisations import detailed, told_of
from tests.queries import counted
from tests.world import KNOWN, LONG_AGO

RENAMED = date(2026, 10, 1)
LAST = date(2026, 9, 30)


@pytest.fixture
def admin(world):
    return world.actor("admin")


def reasons(act, *args, **values) -> list[tuple[str, str]]:
    with pytest.raises(GuardFailed) as refused:
        act(*args, **values)
    return [(reason.field, reason.text.replace(NBSP, " ")) for reason in refused.value.reasons]


def recorded(admin, **values) -> Organisation:
    return bodies.record_body(by=admin, values={"kind": "vcse", "name": "Bradford Voices"} | values)


def linked(admin, body, target, **values) -> OrganisationRelation:
    given = {"kind": "system", "target_body": target, "starts": KNOWN, "ends": None, "lead": False, "note": ""}
    return relations.link(by=admin, body=body, values=given | values)


# --- recording ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["vcse", "primary_care", "healthwatch", "social_care", "provider", "regulator"])
def test_a_body_without_a_national_code_gets_one_of_this_register(admin, kind):
    first, second = recorded(admin, kind=kind), recorded(admin, kind=kind, name="Another")
    assert (first.code, second.code) == ("L0001", "L0002")
    assert first.source == "Entered by hand"


def test_a_national_code_is_kept_in_capitals(admin, one_ledger_entry):
    with one_ledger_entry("organisation.recorded"):
        body = recorded(admin, kind="trust", name="A NHS Trust", ods_code=" rx9 ", subtype="acute")
    assert (body.ods_code, body.local_code, body.code) == ("RX9", None, "RX9")


NOT_RECORDED = [
    ({"kind": "trust"}, "ods_code", "Enter the ODS code: every trust has one"),
    ({"kind": "local_authority"}, "gss_code", "Enter the GSS code: every council has one"),
    ({"ods_code": "R?"}, "ods_code", "An ODS code has 2 to 12 capital letters and figures"),
    ({"gss_code": "E1"}, "gss_code", "A GSS code is a letter and 8 figures, such as E08000032"),
    ({"ods_code": "rcf"}, "ods_code", "The code RCF belongs to Airedale NHS Foundation Trust"),
    ({"subtype": "acute"}, "subtype", "This is no kind of voluntary, community or social enterprise"),
    ({"is_foundation_trust": True}, "is_foundation_trust", "Only a trust can be a foundation trust"),
    ({"opened": LAST, "closed": KNOWN}, "closed", "The last day lies before the first"),
]


@pytest.mark.parametrize(("values", "field", "text"), NOT_RECORDED)
def test_what_cannot_be_is_refused_in_words(admin, values, field, text):
    assert reasons(recorded, admin, **values) == [(field, text)]


def test_a_first_day_of_long_ago_is_a_slip(admin):
    assert reasons(recorded, admin, opened=date(1, 1, 1)) == [
        ("opened", "No body is older than 1 January 1800: check the year")
    ]


def test_a_body_is_recorded_once(admin):
    recorded(admin)
    assert reasons(recorded, admin, name="bradford voices") == [
        ("name", "The register holds Bradford Voices already, with the code L0001")
    ]


# --- correcting ---------------------------------------------------------------------------------------------------


def test_a_correction_keeps_where_it_came_from(admin, world, one_ledger_entry):
    body = world.body("RCF")
    Organisation.objects.filter(pk=body.pk).update(source="ODS extract of 9 April 2026")
    with one_ledger_entry("organisation.corrected"):
        bodies.correct_body(by=admin, body=body, values={"short_name": "Airedale", "subtype": "acute"})
    body.refresh_from_db()
    assert (body.short_name, body.subtype) == ("Airedale", "acute")
    assert body.source == "Corrected by hand; before: ODS extract of 9 April 2026"


def test_a_first_day_after_a_link_began_is_refused(admin, world):
    act = {"by": admin, "body": world.body("RCF"), "values": {"opened": RENAMED}}
    assert reasons(bodies.correct_body, **act) == [
        ("opened", "A link of it begins on 1 April 2026: it must have opened by then")
    ]


def test_an_end_is_an_event_of_its_own(admin, world):
    act = {"by": admin, "body": world.body("RCF"), "values": {"closed": LAST}}
    assert reasons(bodies.correct_body, **act) == [
        ("closed", "Close the body as an event of its own: then its links end with it")
    ]


@pytest.mark.parametrize("corrected", [None, date(2026, 8, 31), date(2026, 10, 31)])
def test_what_ended_with_a_body_follows_its_corrected_last_day(admin, world, corrected):
    body = world.body("RCF")
    bodies.close(by=admin, body=body, last_day=LAST)
    bodies.correct_body(by=admin, body=body, values={"closed": corrected})
    assert world.body("RCF").closed == corrected
    assert OrganisationRelation.objects.get(source_body=body).ends == corrected


def test_a_body_opened_again_has_its_links_as_long_as_they_were_meant_and_no_end_is_told(admin, world):
    body = world.body("RCF")
    link = OrganisationRelation.objects.get(source_body=body)
    relations.end_link(by=admin, relation=link, last_day=date(2026, 12, 31))
    bodies.close(by=admin, body=body, last_day=LAST, instrument="Dissolution Order")
    event = body.lineage_events.get()
    for closed, until, told in ((date(2026, 10, 20), date(2026, 10, 20), date(2026, 10, 21)),
                                (None, date(2026, 12, 31), date(2026, 10, 21))):  # fmt: skip
        bodies.correct_body(by=admin, body=world.body("RCF"), values={"closed": closed})
        link.refresh_from_db()
        event.refresh_from_db()
        assert (link.ends, event.effective_on) == (until, told)
    assert event.moved["withdrawn"] is True
    assert told_of(detailed(LAST).get(pk=body.pk)) == []


def test_a_name_that_another_body_bears_is_not_taken(admin, world):
    name = "leeds teaching hospitals NHS trust"
    assert reasons(bodies.rename, by=admin, body=world.body("RCF"), name=name, first_day=RENAMED) == [
        ("name", "The register holds Leeds Teaching Hospitals NHS Trust already, with the code RR8")
    ]


def test_the_same_area_is_said_once_whichever_way(admin, world):
    area = {"kind": "coterminous", "starts": KNOWN}
    linked(admin, world.icb, world.body("E08000032"), **area)
    (found,) = reasons(linked, admin, world.body("E08000032"), world.icb, **area)
    assert found[1].startswith("These two bodies are linked in this way")


def test_a_last_day_before_a_link_began_is_refused(admin, world):
    body = world.body("RCF")
    bodies.close(by=admin, body=body, last_day=LAST)
    act = {"by": admin, "body": body, "values": {"closed": date(2026, 1, 1)}}
    assert reasons(bodies.correct_body, **act) == [
        ("closed", "A link of it goes on after that day: end the link first")
    ]


# --- events -------------------------------------------------------------------------------------------------------


def test_a_rename_keeps_the_former_name_with_its_days(admin, world, one_ledger_entry):
    body = world.body("RCF")
    with one_ledger_entry("organisation.renamed"):
        event = bodies.rename(by=admin, body=body, name="Wharfedale NHS Foundation Trust", first_day=RENAMED,
                              instrument="Amendment order")  # fmt: skip
    body.refresh_from_db()
    former = FormerName.objects.get(organisation=body)
    assert body.name == "Wharfedale NHS Foundation Trust"
    assert (former.name, former.starts, former.ends) == ("Airedale NHS Foundation Trust", LONG_AGO, LAST)
    assert (event.kind, event.effective_on, event.instrument, list(event.bodies.all())) == (
        "rename", RENAMED, "Amendment order", [body]
    )  # fmt: skip


def test_names_follow_one_another(admin, world):
    body = world.body("RCF")
    for name, day in (("B NHS Trust", date(2025, 1, 1)), ("C NHS Trust", RENAMED)):
        bodies.rename(by=admin, body=body, name=name, first_day=day)
    spans = FormerName.objects.filter(organisation=body).order_by("starts").values_list("name", "starts", "ends")
    assert list(spans) == [
        ("Airedale NHS Foundation Trust", LONG_AGO, date(2024, 12, 31)),
        ("B NHS Trust", date(2025, 1, 1), LAST),
    ]
    assert reasons(bodies.rename, by=admin, body=body, name="D", first_day=RENAMED) == [
        ("first_day", "It has borne its present name since 1 October 2026")
    ]


@pytest.mark.parametrize(
    ("name", "day", "text"),
    [
        ("Airedale NHS Foundation Trust", RENAMED, "It bears this name already"),
        ("Other", date(2099, 1, 1), "Record a new name once it is in force"),
        ("Other", LONG_AGO, "The new name must begin after the body opened on 1 July 2022"),
    ],
)
def test_a_rename_that_cannot_be_is_refused(admin, world, name, day, text):
    told = reasons(bodies.rename, by=admin, body=world.body("RCF"), name=name, first_day=day)
    assert [words for _, words in told] == [text]


def test_closing_ends_the_links_and_deletes_nothing(admin, world, one_ledger_entry):
    body, before = world.body("RCF"), Organisation.objects.count()
    link = OrganisationRelation.objects.get(source_body=body)
    with one_ledger_entry("organisation.closed"):
        event = bodies.close(by=admin, body=body, last_day=LAST, instrument="Dissolution order")
    body.refresh_from_db()
    link.refresh_from_db()
    assert (body.closed, link.ends, Organisation.objects.count()) == (LAST, LAST, before)
    assert (event.effective_on, event.moved) == (RENAMED, {"relations": [link.pk]})


def test_closing_a_board_ends_its_cluster_membership(admin, world):
    form(admin, world)
    event = bodies.close(by=admin, body=world.icb, last_day=LAST)
    member = ClusterMember.objects.get(organisation=world.icb)
    assert member.ends == LAST and event.moved["cluster_members"] == [member.pk]


def test_a_body_closes_once_and_not_before_it_opened(admin, world):
    body = world.body("RCF")
    assert reasons(bodies.close, by=admin, body=body, last_day=date(2022, 1, 1))[0] == (
        "last_day", "It opened on 1 July 2022: it cannot close before"
    )  # fmt: skip
    assert reasons(bodies.close, by=admin, body=body, last_day=date(2026, 1, 1)) == [
        ("last_day", "Its link with NHS West Yorkshire Integrated Care Board begins on 1 April 2026, after that day")
    ]
    bodies.close(by=admin, body=body, last_day=LAST)
    assert reasons(bodies.close, by=admin, body=body, last_day=LAST) == [
        ("last_day", "It closed on 30 September 2026 already")
    ]


# --- links --------------------------------------------------------------------------------------------------------


def test_a_trust_works_in_several_systems_with_one_lead(admin, world, one_ledger_entry):
    with one_ledger_entry("organisation.linked"):
        linked(admin, world.body("RCF"), world.body("QOP"))
    links = OrganisationRelation.objects.filter(source_body=world.body("RCF")).order_by("-lead")
    assert [(link.target_body.ods_code, link.lead) for link in links] == [("QWO", True), ("QOP", False)]
    assert world.body("RCF").source.startswith("Corrected by hand")


def test_a_voluntary_body_belongs_to_a_system(admin, world):
    assert linked(admin, recorded(admin), world.icb, lead=True).target_body == world.icb


def test_bodies_that_cover_the_same_area_are_linked(admin, world):
    assert linked(admin, world.body("E08000032"), world.icb, kind="coterminous", lead=True).kind == "coterminous"


NOT_LINKED = [
    ("RCF", "QWO", {}, "target_body",
     "These two bodies are linked in this way since 1 April 2026: memberships cannot overlap"),
    ("RCF", "QOP", {"lead": True}, "lead",
     "NHS West Yorkshire Integrated Care Board is its lead since 1 April 2026: a body has one lead at a time. "
     "Change the lead instead"),
    ("QWO", "Y62", {"kind": "region", "lead": True}, "target_body",
     "It lies in North East and Yorkshire since 1 April 2026: an ICB lies in one region at a time"),
    ("RCF", "QOP", {"ends": date(2026, 3, 1)}, "ends", "The last day lies before the first"),
    ("RCF", "QOP", {"starts": date(2020, 1, 1), "ends": date(2021, 1, 1)}, "starts",
     "Airedale NHS Foundation Trust opened on 1 July 2022: the link cannot begin before"),
    ("RCF", "RR8", {}, "target_body",
     "Trusts, councils and other partners belong to the system of an integrated care board"),
    ("RCF", "Y63", {"kind": "region"}, "target_body", "An integrated care board lies in an NHS England region"),
    ("RCF", "QWO", {"kind": "coterminous"}, "target_body",
     "Integrated care boards and councils can cover the same area"),
    ("Y63", "X24", {"kind": "oversight"}, "target_body", "Such a link cannot be made here"),
    ("QWO", "QWO", {"kind": "coterminous"}, "target_body", "A body is not linked to itself"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "values", "field", "text"), NOT_LINKED)
def test_a_link_that_cannot_be_is_refused_in_words(admin, world, source, target, values, field, text):
    told = reasons(linked, admin, world.body(source), world.body(target), **values)
    assert (field, text) in told


def test_a_link_ends_with_its_bodies(admin, world):
    Organisation.objects.filter(ods_code="QOP").update(closed=LAST)
    name = "NHS Greater Manchester Integrated Care Board"
    for values, field, text in (
        ({}, "ends", f"{name} closed on 30 September 2026: the link ends by then"),
        ({"starts": RENAMED}, "starts", f"{name} closed on 30 September 2026: the link cannot begin after"),
    ):
        assert (field, text) in reasons(linked, admin, world.body("RCF"), world.body("QOP"), **values)


def test_a_link_ends_and_stays(admin, world, one_ledger_entry):
    link = OrganisationRelation.objects.get(source_body=world.body("RCF"))
    with one_ledger_entry("organisation.link_ended"):
        relations.end_link(by=admin, relation=link, last_day=LAST)
    link.refresh_from_db()
    assert link.ends == LAST
    assert reasons(relations.end_link, by=admin, relation=link, last_day=RENAMED) == [
        ("last_day", "It ended on 30 September 2026 already")
    ]
    assert reasons(relations.end_link, by=admin, relation=link, last_day=LONG_AGO) == [
        ("last_day", "It began on 1 April 2026: its last day cannot lie before")
    ]


@pytest.mark.parametrize("stays", [False, True])
def test_the_lead_changes_as_of_a_day(admin, world, one_ledger_entry, stays):
    body = world.body("RCF")
    with one_ledger_entry("organisation.lead_changed"):
        relations.change_lead(by=admin, body=body, icb=world.body("QOP"), first_day=RENAMED, stays=stays)
    links = OrganisationRelation.objects.filter(source_body=body).order_by("starts", "-lead")
    found = [(link.target_body.ods_code, link.lead, link.starts, link.ends) for link in links]
    expected = [("QWO", True, KNOWN, LAST), ("QOP", True, RENAMED, None), ("QWO", False, RENAMED, None)]
    assert found == expected[: 3 if stays else 2]


def test_a_body_that_was_in_the_system_becomes_led_by_it(admin, world):
    linked(admin, world.body("RCF"), world.body("QOP"))
    relations.change_lead(by=admin, body=world.body("RCF"), icb=world.body("QOP"), first_day=RENAMED)
    links = OrganisationRelation.objects.filter(source_body=world.body("RCF"), ends=None)
    assert [(link.target_body.ods_code, link.lead) for link in links] == [("QOP", True)]


@pytest.mark.parametrize(
    ("icb", "day", "field", "text"),
    [
        ("QWO", RENAMED, "target_body", "NHS West Yorkshire Integrated Care Board is the lead on that day already"),
        ("QOP", KNOWN, "starts",
         "Its link with NHS West Yorkshire Integrated Care Board begins on 1 April 2026: choose a later day"),
        ("RR8", RENAMED, "target_body",
         "Trusts, councils and other partners belong to the system of an integrated care board"),
    ],
)  # fmt: skip
def test_a_lead_that_cannot_be_is_refused(admin, world, icb, day, field, text):
    act = {"by": admin, "body": world.body("RCF"), "icb": world.body(icb), "first_day": day}
    assert reasons(relations.change_lead, **act) == [(field, text)]


# --- clusters -----------------------------------------------------------------------------------------------------


def form(admin, world, *codes, starts=KNOWN, name="Pennine") -> Cluster:
    members = [world.body(code) for code in codes or ("QWO", "QOP")]
    values = {"shares_chair": True, "shares_chief_executive": False, "note": ""}
    return relations.form_cluster(by=admin, name=name, starts=starts, members=members, values=values)


def third(world) -> Organisation:
    return Organisation.objects.create(kind="icb", name="NHS Third Integrated Care Board", ods_code="QX3", opened=KNOWN)


def test_a_cluster_is_formed_joined_left_and_ended(admin, world, one_ledger_entry):
    with one_ledger_entry("cluster.formed", "cluster.joined", "cluster.left", "cluster.ended"):
        cluster = form(admin, world)
        member = relations.join_cluster(by=admin, cluster=cluster, organisation=third(world), starts=KNOWN)
        relations.leave_cluster(by=admin, member=member, last_day=LAST)
        relations.end_cluster(by=admin, cluster=cluster, last_day=date(2026, 10, 31))
    ends = (
        ClusterMember.objects.filter(cluster=cluster).order_by("organisation__ods_code").values_list("ends", flat=True)
    )
    assert list(ends) == [date(2026, 10, 31), date(2026, 10, 31), LAST]


def test_a_board_is_in_one_cluster_at_a_time(admin, world):
    cluster = form(admin, world)
    text = "NHS West Yorkshire Integrated Care Board is in the cluster Pennine already: a body is in one at a time"
    third(world)
    assert reasons(form, admin, world, "QWO", "QX3", name="Other") == [("members", text)]
    assert reasons(relations.join_cluster, by=admin, cluster=cluster, organisation=world.icb, starts=KNOWN) == [
        ("organisation", text)
    ]
    assert Cluster.objects.count() == 1


NOT_FORMED = [
    (("QWO",), {}, "members", "A cluster has two integrated care boards at least"),
    (("QWO", "RCF"), {}, "members", "A cluster is of integrated care boards"),
    (("QWO", "QOP"), {"starts": date(2022, 6, 30)}, "starts",
     "NHS West Yorkshire Integrated Care Board does not exist on 30 June 2022"),
]  # fmt: skip


@pytest.mark.parametrize(("codes", "values", "field", "text"), NOT_FORMED)
def test_a_cluster_that_cannot_be_is_refused(admin, world, codes, values, field, text):
    assert (field, text) in reasons(form, admin, world, *codes, **values)
    assert not Cluster.objects.exists()


def test_a_cluster_of_a_name_is_recorded_once(admin, world):
    form(admin, world)
    assert reasons(form, admin, world, name="pennine") == [("name", "There is a cluster of this name")]


def test_what_was_to_be_confirmed_of_a_cluster_is_confirmed(admin, world, one_ledger_entry):
    cluster = form(admin, world)
    values = {"name": "Pennine", "shares_chair": True, "shares_chief_executive": True, "mark": "V", "note": ""}
    with one_ledger_entry("cluster.corrected"):
        relations.correct_cluster(by=admin, cluster=cluster, values=values)
    cluster.refresh_from_db()
    assert (cluster.shares_chief_executive, cluster.mark) == (True, "V")


def test_what_has_not_begun_is_withdrawn_and_stands_in_nobodys_way(admin, world, one_ledger_entry):
    coming = date(2027, 4, 1)
    link = linked(admin, world.body("RR8"), world.body("QOP"), starts=coming)
    with one_ledger_entry("organisation.link_withdrawn"):
        relations.end_link(by=admin, relation=link, last_day=admin.on)
    assert not OrganisationRelation.objects.filter(pk=link.pk).exists()
    cluster = form(admin, world)
    member = ClusterMember.objects.filter(cluster=cluster).last()
    ClusterMember.objects.filter(pk=member.pk).update(starts=coming)
    relations.leave_cluster(by=admin, member=member, last_day=admin.on)
    relations.end_cluster(by=admin, cluster=cluster, last_day=LAST)
    assert [row.ends for row in cluster.members.all()] == [LAST]


def test_a_cluster_does_not_end_before_it_began(admin, world):
    cluster = form(admin, world)
    assert reasons(relations.end_cluster, by=admin, cluster=cluster, last_day=LONG_AGO) == [
        ("last_day", "It began on 1 April 2026: its last day cannot lie before")
    ]


# --- who may ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "person", ["officer", "executive", "secretary", "region_lead", "partner", "auditor", "stranger"]
)
def test_only_administrators_keep_the_register(world, person):
    by, body = world.actor(person), world.body("RCF")
    link = OrganisationRelation.objects.get(source_body=body)
    cluster = Cluster.objects.create(name="A", starts=KNOWN)
    member = ClusterMember.objects.create(cluster=cluster, organisation=world.icb, starts=KNOWN)
    for act in (
        lambda: recorded(by),
        lambda: bodies.correct_body(by=by, body=body, values={}),
        lambda: bodies.rename(by=by, body=body, name="B", first_day=RENAMED),
        lambda: bodies.close(by=by, body=body, last_day=LAST),
        lambda: linked(by, body, world.body("QOP")),
        lambda: relations.end_link(by=by, relation=link, last_day=LAST),
        lambda: relations.change_lead(by=by, body=body, icb=world.body("QOP"), first_day=RENAMED),
        lambda: form(by, world),
        lambda: relations.correct_cluster(by=by, cluster=cluster, values={"name": "B"}),
        lambda: relations.join_cluster(by=by, cluster=cluster, organisation=world.body("QOP"), starts=KNOWN),
        lambda: relations.leave_cluster(by=by, member=member, last_day=LAST),
        lambda: relations.end_cluster(by=by, cluster=cluster, last_day=LAST),
    ):
        with pytest.raises(Refused):
            act()


# --- newer reference tables ---------------------------------------------------------------------------------------


def test_newer_tables_leave_alone_what_a_person_corrected(admin, world):
    load_reference(by=SYSTEM, england=read())
    body = world.body("RCF")
    bodies.rename(by=admin, body=body, name="Wharfedale NHS Foundation Trust", first_day=RENAMED)
    relations.change_lead(by=admin, body=body, icb=world.body("QOP"), first_day=RENAMED)
    relations.end_cluster(by=admin, cluster=Cluster.objects.order_by("pk")[0], last_day=LAST)
    newer = replace(read(), functions=read().functions[:-1])
    assert not load_reference(by=SYSTEM, england=newer).known
    body.refresh_from_db()
    assert body.name == "Wharfedale NHS Foundation Trust"
    assert OrganisationRelation.objects.get(source_body=body, ends=None).target_body.ods_code == "QOP"
    assert Cluster.objects.exclude(ends=None).count() == 1


# --- the pages ----------------------------------------------------------------------------------------------------


def words(answer) -> str:
    return " ".join(answer.content.decode().replace("&#39;", "'").replace(NBSP, " ").split())


@pytest.fixture
def keeper(sign_in):
    return sign_in("admin")


@pytest.fixture
def post(keeper):
    return lambda address, **values: keeper.post(address, values, follow=True)


def dated(**days: date) -> dict[str, str]:
    """Dates as a form sends them, in three boxes."""
    return {f"{name}_{part}": str(getattr(when, part)) for name, when in days.items() for part in PARTS}


PARTS = ("day", "month", "year")


def test_a_body_is_recorded_related_and_seen(post, keeper, world):
    answer = post("/organisations/new/", kind="vcse", name="Bradford Voices")
    assert answer.redirect_chain == [("/organisations/L0001/", 302)]
    assert "Recorded. Now say where it belongs." in words(answer)
    target = world.icb.pk
    answer = post("/organisations/L0001/relations/new/", kind="system", target_body=target, lead="on",
                  **dated(starts=KNOWN))  # fmt: skip
    assert answer.status_code == 200 and "Added." in words(answer)
    assert "Voluntary, community or social enterprise, in" in words(answer)
    listed = words(keeper.get("/organisations/?q=L00"))
    assert "Bradford Voices" in listed


def test_what_was_typed_is_kept_when_it_is_refused(post, world):
    answer = post("/organisations/new/", kind="trust", name="A new trust", ods_code="RCF")
    page = words(answer)
    assert answer.status_code == 422 and 'value="A new trust"' in page
    assert "The code RCF belongs to Airedale NHS Foundation Trust" in page


def test_the_pages_of_a_body_carry_out_what_they_say(post, world):
    answer = post("/organisations/RCF/edit/", short_name="Airedale", **dated(opened=LONG_AGO))
    assert "Corrected." in words(answer) and world.body("RCF").short_name == "Airedale"
    answer = post("/organisations/RCF/rename/", name="Wharfedale NHS Trust", **dated(first_day=RENAMED))
    page = words(answer)
    assert "Its names" in page and "1 July 2022 to 30 September 2026" in page
    answer = post("/organisations/RCF/lead/", target_body=world.body("QOP").pk, stays="on", **dated(starts=RENAMED))
    assert "NHS Greater Manchester Integrated Care Board</a>, lead" in words(answer)
    link = OrganisationRelation.objects.get(source_body=world.body("RCF"), lead=False)
    answer = post(f"/organisations/RCF/relations/{link.pk}/end/", **dated(last_day=date(2026, 11, 1)))
    assert "Ended." in words(answer)
    answer = post("/organisations/RCF/close/", instrument="An order", **dated(last_day=date(2026, 11, 5)))
    page = words(answer)
    assert "Closed as of 6 November 2026: An order" in page and world.body("RCF").closed == date(2026, 11, 5)


def test_a_link_of_another_body_is_not_there(post, world):
    link = OrganisationRelation.objects.get(source_body=world.body("R0A"))
    assert post(f"/organisations/RCF/relations/{link.pk}/end/").status_code == 404


def test_a_body_that_has_no_links_says_so(keeper):
    assert "has no such link" in words(keeper.get("/organisations/Y63/relations/new/"))


def test_clusters_are_recorded_and_shown_with_what_they_share(post, keeper, world):
    members = [world.icb.pk, world.body("QOP").pk]
    answer = post("/clusters/new/", name="Pennine", members=members, shares_chair="on", **dated(starts=KNOWN))
    page = words(answer)
    assert "1 cluster on" in page and "Shared chair" in page and "entered by hand" in page
    board = words(keeper.get("/organisations/QWO/"))
    assert "Pennine" in board and "Shared chair, with" in board and "It remains a body of its own" in board
    assert "Pennine" not in words(keeper.get("/organisations/QWO/?as_of=2026-03-31"))
    cluster = Cluster.objects.get()
    answer = post(f"/clusters/{cluster.pk}/edit/", name="Pennine", shares_chair="on", mark="R")
    assert "to be confirmed" in words(answer)
    ClusterMember.objects.filter(organisation=world.icb).update(ends=LAST)
    assert "one board alone" in words(keeper.get("/clusters/"))
    answer = post(f"/clusters/{cluster.pk}/end/", **dated(last_day=LAST))
    assert "Clusters of integrated care boards appear here" in words(answer)
    assert "Pennine" in words(keeper.get("/clusters/?as_of=2026-09-30"))
    assert keeper.get("/clusters/?as_of=soon").status_code == 400


def test_lineage_is_drawn_with_its_dates(sign_in, world):
    load_reference(by=SYSTEM, england=read())
    page = words(sign_in("officer").get("/organisations/S1Y5D/"))
    drawn = page[page.index("app-line") : page.index("app-tl")]
    assert drawn.count("1 April 2026") == 4 and "a part" in drawn and "app-line__here" in drawn


def test_who_does_not_keep_the_register_is_offered_nothing(sign_in, world):
    page = words(sign_in("officer").get("/organisations/RCF/"))
    assert "Correct, rename" not in page
    assert "Import organisations" not in words(sign_in("officer").get("/organisations/"))


def test_pages_ask_the_database_as_often_for_one_cluster_as_for_many(keeper, admin, world):
    form(admin, world)
    asked = []
    for _ in range(2):
        for address in ("/clusters/", "/organisations/QWO/"):
            keeper.get(address)
            with counted() as found:
                keeper.get(address)
            asked.append(len(found))
        load_reference(by=SYSTEM, england=read())
    assert asked[:2] == asked[2:] and max(asked) <= 15, asked
