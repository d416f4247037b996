"""England's reference tables come into the database once, change only what changed, and say so."""

import json
import shutil
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ics_governance import ledger
from ics_governance.models import LedgerEntry
from ics_governance.permissions import SYSTEM, Refused
from partnerships.actions.reference import load_reference
from partnerships.england import FOLDER, LINKS_KNOWN_FROM, BadTable, read, short_name_of_trust
from partnerships.models import (
    Cluster,
    ClusterMember,
    FormerName,
    Function,
    LegalBasis,
    Organisation,
    OrganisationRelation,
    Succession,
)
from partnerships.queries.organisations import LINKS_KNOWN_FROM as KNOWN_TO_PAGES

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    """A copy of the tables that a test may change."""
    shutil.copytree(FOLDER, tmp_path / "reference")
    return tmp_path / "reference"


@pytest.fixture
def loaded(world):
    """England, beside the small world of the tests."""
    return load_reference(by=SYSTEM, england=read())


def seed(folder=FOLDER) -> str:
    out = StringIO()
    call_command("seed_reference", folder=folder, stdout=out)
    return out.getvalue()


def change(folder, table: str, old: str, new: str) -> None:
    path = folder / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def everything() -> list[tuple[object, ...]]:
    models = (
        Organisation, OrganisationRelation, Succession, FormerName, Function, LegalBasis, Cluster, ClusterMember,
    )  # fmt: skip
    return [row for model in models for row in model.objects.order_by("pk").values_list()]


# --- loading ------------------------------------------------------------------------------------------------------


def test_all_of_england_is_there(loaded):
    kinds = ("oversight_body", "region", "icb", "trust", "local_authority", "regulator")
    counts = [Organisation.objects.filter(kind=kind).count() for kind in kinds]
    assert counts == [1, 7, 48, 213, 153, 3]
    assert (Cluster.objects.count(), ClusterMember.objects.count()) == (8, 18)
    assert Succession.objects.count() == 26
    assert LegalBasis.objects.count() >= 36


def test_a_second_run_changes_nothing_and_says_so(loaded):
    before, entries = everything(), LedgerEntry.objects.count()
    assert "nothing has changed since they were loaded" in seed()
    assert everything() == before
    assert LedgerEntry.objects.count() == entries


def test_a_load_tells_what_it_added(world):
    rows = len(list(read().rows()))
    assert f"{rows:,} rows of reference tables: added bodies 415, links" in seed()


def test_a_load_is_one_entry_of_the_audit_trail_over_the_digest_of_its_rows(loaded):
    entry = LedgerEntry.objects.get(record="import:reference")
    rows = list(read().rows())
    assert entry.kind == "reference.loaded" and entry.actor is None
    assert json.loads(entry.body) == {"import": "reference", "rows": len(rows), "digest": ledger.digest_of_rows(rows)}


def test_a_correction_made_in_the_register_outlives_the_next_start(loaded):
    Organisation.objects.filter(ods_code="RAE").update(name="Bradford Hospitals NHS Foundation Trust")
    seed()
    assert Organisation.objects.get(ods_code="RAE").name == "Bradford Hospitals NHS Foundation Trust"


def test_a_changed_row_changes_its_record_alone(loaded, folder):
    change(folder, "trusts", "Leeds Teaching Hospitals NHS Trust", "Leeds Hospitals NHS Trust")
    before = {row[0]: row for row in Organisation.objects.values_list()}
    assert "changed bodies 1" in seed(folder)
    changed = [row for row in Organisation.objects.values_list() if row != before[row[0]]]
    assert len(changed) == 1 and "Leeds Hospitals NHS Trust" in changed[0]
    assert LedgerEntry.objects.filter(record="import:reference").count() == 2


def test_a_body_that_left_the_tables_stays_in_the_register(loaded, folder):
    change(folder, "former_names", "RA7,University Hospitals Bristol and Weston NHS Foundation Trust", "")
    path = folder / "former_names.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert "nothing has changed" in seed(folder)
    assert FormerName.objects.count() == 1


def test_only_the_system_loads_them(world):
    with pytest.raises(Refused, match="seed_reference"):
        load_reference(by=world.actor("admin"), england=read())


def test_pages_and_tables_agree_from_when_links_are_known():
    assert KNOWN_TO_PAGES == LINKS_KNOWN_FROM


# --- what is in it ------------------------------------------------------------------------------------------------


def test_a_trust_is_linked_to_its_icb_with_what_the_link_rests_on(loaded):
    link = OrganisationRelation.objects.get(source_body__ods_code="RAE", kind="system")
    assert (link.target_body.ods_code, link.starts, link.ends, link.lead) == ("QWO", date(2026, 4, 1), None, True)
    assert link.note == "From the postcode of the head office."


def test_of_a_closed_body_only_the_last_day_is_known(loaded):
    region = OrganisationRelation.objects.get(source_body__ods_code="QNQ", kind="region")
    assert (region.starts, region.ends) == (date(2026, 3, 31), date(2026, 3, 31))
    trust = OrganisationRelation.objects.get(source_body__ods_code="RY2", kind="system")
    assert trust.starts == trust.ends == date(2026, 3, 31)


def test_a_council_in_two_systems_has_no_lead(loaded):
    links = OrganisationRelation.objects.filter(source_body__name="North Yorkshire Council", kind="system")
    assert sorted(links.values_list("target_body__ods_code", "lead")) == [("QOQ", False), ("QWO", False)]


def test_a_succession_that_is_not_sure_says_so(loaded):
    assert not Succession.objects.get(predecessor__ods_code="RRP").confirmed
    assert Succession.objects.get(predecessor__ods_code="QNQ", successor__ods_code="QRL").kind == "acquisition"


def test_a_part_of_a_function_knows_its_whole_and_what_it_needs_besides(loaded):
    part = Function.objects.get(code="provider_capital")
    assert part.parent.code == "provider_services" and part.bases == ["internal_scheme", "s65z5", "s65z6"]
    assert part.parent.further_approval_for == "foundation_trust"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Airedale NHS Foundation Trust", "Airedale Trust"),
        ("Leeds Teaching Hospitals NHS Trust", "Leeds Teaching Hospitals"),
        ("Manchester University NHS Foundation Trust", "Manchester University Trust"),
        ("The Queen Hospital, King's Lynn, NHS Foundation Trust", "The Queen Hospital, King's Lynn"),
        ("Bradford District Care NHS Foundation Trust", "Bradford District Care"),
        ("A body with another name", ""),
    ],
)  # fmt: skip
def test_a_trust_is_called_as_people_call_it(name, short):
    assert short_name_of_trust(name) == short


# --- tables that cannot be read -----------------------------------------------------------------------------------


def test_a_bad_date_names_file_and_line(folder):
    change(folder, "oversight_bodies", "NHS England,,", "NHS England,1.4.2026,")
    with pytest.raises(BadTable, match=r"oversight_bodies.csv, line 2: “1.4.2026” in opened_on is not a date"):
        read(folder)


def test_a_bad_answer_names_file_and_line(folder):
    plan = "joint_forward_plan,Agreeing the joint forward plan,strategy,icb,,"
    change(folder, "functions", f"{plan}no", f"{plan}perhaps")
    with pytest.raises(BadTable, match="functions.csv, line 40: “perhaps” in delegable is neither yes nor no"):
        read(folder)


def test_a_missing_column_is_named(folder):
    change(folder, "regions", "oversight_body_ods_code", "overseer")
    with pytest.raises(BadTable, match="regions.csv, line 2: there is no column oversight_body_ods_code"):
        read(folder)


def test_a_missing_table_is_named(folder):
    (folder / "icbs.csv").unlink()
    with pytest.raises(BadTable, match="icbs.csv cannot be read: No such file"):
        read(folder)


def test_a_table_that_is_not_text_is_named(folder):
    (folder / "icbs.csv").write_bytes(b"ods_code,name\n\xff\xfe")
    with pytest.raises(BadTable, match="icbs.csv is not a table in UTF-8"):
        read(folder)


def test_a_link_to_a_body_that_is_not_there_is_named(folder):
    change(folder, "trust_icbs", "RCF,QWO", "RCF,QW0")
    with pytest.raises(BadTable, match="“QW0”, named in the link from RCF, is not a body of the tables"):
        read(folder)


def test_two_bodies_with_one_code_are_refused(folder):
    change(folder, "regions", "Y58,", "Y56,")
    with pytest.raises(BadTable, match="The code Y56 stands for two bodies"):
        read(folder)


def test_a_function_in_a_circle_is_refused(folder):
    whole = "community_services,Commissioning community health services,commissioning,icb,"
    change(folder, "functions", f"{whole},", f"{whole}community_diagnostics,")
    with pytest.raises(BadTable, match="which is not in the table"):
        read(folder)


def test_the_command_says_it_in_one_sentence_and_changes_nothing(world, folder):
    change(folder, "regions", "Y58,", "Y56,")
    before = everything()
    with pytest.raises(CommandError, match="^The code Y56 stands for two bodies.$"):
        seed(folder)
    assert everything() == before
