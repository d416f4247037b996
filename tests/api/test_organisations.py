"""The API's organisations: whom they are, where they sit, how they are found."""

from datetime import date

import pytest

from partnerships.models import (
    Cluster,
    ClusterMember,
    FormerName,
    LineageEvent,
    Organisation,
    OrganisationRelation,
    Succession,
)
from tests import records
from tests.world import KNOWN


@pytest.fixture
def officer(api):
    return api("officer")


def test_a_body_says_who_it_is_and_where_it_sits(officer, world):
    (row,) = officer.rows("organisations/", ods_code="rcf")
    assert row["name"] == "Airedale NHS Foundation Trust"
    assert (row["kind"], row["ods_code"], row["gss_code"]) == ("trust", "RCF", None)
    assert [system["ods_code"] for system in row["systems"]] == ["QWO"]
    assert [region["ods_code"] for region in row["regions"]] == ["Y63"]
    assert officer.record(f"organisations/{row['id']}/")["name"] == row["name"]


def test_a_council_has_no_ods_code(officer):
    (row,) = officer.rows("organisations/", gss_code="E08000032")
    assert (row["ods_code"], row["gss_code"]) == (None, "E08000032")


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        ({"kind": "region"}, ["Y63", "Y62"]),
        ({"kind": "trust", "system": "QWO"}, ["RCF", "RR8"]),
        ({"kind": "icb", "region": "Y62"}, ["QOP"]),
        ({"region": "Y62"}, ["R0A", "QOP"]),
        ({"q": "airedale trust"}, ["RCF"]),
        ({"q": "r0a"}, ["R0A"]),
        ({"ods_code": "nobody"}, []),
    ],
)
def test_lists_are_filtered(officer, filters, codes):
    found = officer.rows("organisations/", **filters)
    assert sorted(row["ods_code"] for row in found) == sorted(codes)


def test_a_filter_takes_the_id_of_a_body_as_well(officer, world):
    assert len(officer.rows("organisations/", system=world.icb.pk, kind="trust")) == 2


def test_a_list_is_sorted_by_name(officer):
    names = officer.names("organisations/")
    assert names == sorted(names)


def test_closed_bodies_are_listed_until_a_day_is_asked_for(officer, world):
    closed = world.body("RR8")
    Organisation.objects.filter(pk=closed.pk).update(closed=date(2026, 3, 31))
    assert officer.names("organisations/", ods_code="RR8") == [closed.name]
    assert officer.names("organisations/", ods_code="RR8", as_of="2026-04-01") == []
    assert officer.names("organisations/", ods_code="RR8", as_of="2026-03-31") == [closed.name]


def test_where_a_body_sat_before_links_were_recorded_is_not_told(officer):
    (row,) = officer.rows("organisations/", ods_code="RCF", as_of="2026-03-31")
    assert (row["systems"], row["regions"]) == ([], [])


def test_a_record_tells_what_it_came_from_and_what_became_of_it(officer, world):
    before, after = world.body("RR8"), world.body("RCF")
    Succession.objects.create(predecessor=before, successor=after, kind="merger", effective_on=date(2026, 4, 1))
    FormerName.objects.create(organisation=after, name="Airedale", starts=date(2000, 1, 1), ends=date(2010, 1, 1))
    record = officer.record(f"organisations/{after.pk}/")
    assert [row["predecessor"]["ods_code"] for row in record["predecessors"]] == ["RR8"]
    assert record["successors"] == []
    assert [row["name"] for row in record["former_names"]] == ["Airedale"]
    assert [row["kind"] for row in officer.record(f"organisations/{before.pk}/")["successors"]] == ["merger"]


def test_a_record_tells_its_links_clusters_and_lineage(officer, world):
    trust, icb = world.body("RCF"), world.icb
    OrganisationRelation.objects.create(
        kind="coterminous", source_body=world.body("E08000032"), target_body=icb, starts=KNOWN
    )
    cluster = Cluster.objects.create(name="Pennine", starts=KNOWN, shares_chair=True, mark="V")
    ClusterMember.objects.create(cluster=cluster, organisation=icb, starts=KNOWN)
    event = LineageEvent.objects.create(kind="rename", effective_on=KNOWN, instrument="An order")
    event.bodies.add(icb)
    record = officer.record(f"organisations/{icb.pk}/")
    links = [(row["kind"], row["source"]["name"], row["target"]["ods_code"]) for row in record["relations"]]
    assert links == [("region", icb.name, "Y63"), ("coterminous", "Bradford Council", "QWO")]
    assert record["clusters"] == [
        {
            "id": cluster.pk,
            "name": "Pennine",
            "shares_chair": True,
            "shares_chief_executive": False,
            "mark": "V",
            "note": "",
            "starts": "2026-04-01",
            "ends": None,
        }
    ]
    assert record["lineage"] == [
        {"id": event.pk, "kind": "rename", "effective_on": "2026-04-01", "instrument": "An order", "note": ""}
    ]
    (link,) = officer.record(f"organisations/{trust.pk}/")["relations"]
    assert (link["kind"], link["target"]["ods_code"], link["lead"], link["starts"]) == (
        "system",
        "QWO",
        True,
        "2026-04-01",
    )


def test_a_body_without_a_national_code_is_named_by_the_code_of_this_register(officer):
    Organisation.objects.create(kind="vcse", name="Bradford Voices", local_code="L0001")
    (row,) = officer.rows("organisations/", q="L0001")
    assert (row["local_code"], row["ods_code"], row["kind"]) == ("L0001", None, "vcse")


def test_everyone_who_signed_in_reads_organisations(api):
    assert api("stranger").rows("organisations/")
    api(None).get("organisations/", 401)


def test_pages_are_followed_to_the_end_and_back(officer, world):
    for _ in range(12):
        records.trust(world.icb)
    everything = officer.names("organisations/")
    assert officer.names("organisations/", page_size=5) == everything
    second = officer.get(officer.get("organisations/", page_size=5).body["next"]).body
    first = officer.get(second["previous"]).body
    assert [row["name"] for row in first["results"]] == everything[:5]
    assert first["previous"] is None


def test_a_page_holds_a_hundred_rows_at_most(officer, world):
    for _ in range(101):
        records.trust(world.icb)
    assert len(officer.get("organisations/", page_size=100).body["results"]) == 100
    assert len(officer.get("organisations/").body["results"]) == 50
    officer.get("organisations/", 400, page_size=101)


def test_a_long_list_needs_no_more_queries_than_a_short_one(officer, world, django_assert_max_num_queries):
    for _ in range(100):
        records.trust(world.icb)
    for size in (10, 100):
        with django_assert_max_num_queries(12):
            assert len(officer.get("organisations/", page_size=size).body["results"]) == size
