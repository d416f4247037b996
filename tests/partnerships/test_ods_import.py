"""Imports of the national register: previewed row by row, applied at once, and never over what a person said."""

import json
from datetime import date, timedelta
from io import StringIO
from threading import Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connections

from ics_governance import ledger
from ics_governance.models import LedgerEntry
from ics_governance.permissions import SYSTEM, Refused
from ics_governance.wording import NBSP
from ics_governance.workflow import GuardFailed
from partnerships.actions import ods as actions
from partnerships.actions.organisations import close, correct_body
from partnerships.models import FormerName, LineageEvent, OdsImport, OdsRow, Organisation, OrganisationRelation
from partnerships.queries.ods import counts
from tests.partnerships.ods_rows import AIREDALE, LEEDS, LONG_GONE, MANCHESTER, NEW, WELSH, line, table
from tests.queries import counted
from tests.world import KNOWN

IMPORTS = "/imports/ods/"
WORLD = (AIREDALE, LEEDS, MANCHESTER)
DIFFERENT = line("RCF", "AIREDALE AND WHARFEDALE NHS FOUNDATION TRUST", icb="QOP", opened="20220701")
NEW_NAME = "St. Anne's and Wharfe-on-Sea NHS Foundation Trust"


@pytest.fixture
def world(world):
    """The known people and bodies, where foundation trusts are marked as such."""
    Organisation.objects.filter(name__endswith="Foundation Trust").update(is_foundation_trust=True)
    return world


def staged(world, *lines, by="admin") -> OdsImport:
    return actions.stage(by=world.actor(by), file_name="etr.csv", data=table(*lines))


def applied(world, *lines) -> actions.Imported:
    return actions.apply(by=world.actor("admin"), staged=staged(world, *lines))


def register():
    return [
        list(model.objects.order_by("pk").values_list())
        for model in (Organisation, OrganisationRelation, FormerName, LineageEvent)
    ]


def reasons(act) -> list[str]:
    with pytest.raises(GuardFailed) as refused:
        act()
    return [reason.text for reason in refused.value.reasons]


# --- what is done -------------------------------------------------------------------------------------------------


def test_a_preview_changes_nothing_and_keeps_what_it_would_do(world):
    before = register()
    made = staged(world, *WORLD, NEW, WELSH, LONG_GONE, line("RX8", "A SURGERY"))
    assert register() == before
    assert counts(made) == {"created": 1, "changed": 0, "closed": 0, "differs": 0, "unknown": 3, "unchanged": 3}
    assert (made.rows, made.layout, len(made.digest), made.staged_by) == (7, "etr", 64, world.user("admin"))


def test_a_new_trust_comes_with_its_board_and_no_link_predates_either(world):
    done = applied(world, *WORLD, NEW)
    body = Organisation.objects.get(ods_code="RX9")
    assert (done.applied, body.name, body.opened, body.is_foundation_trust) == (1, NEW_NAME, date(2026, 9, 1), True)
    assert body.short_name == "St. Anne's and Wharfe-on-Sea Trust"
    assert body.source.startswith(f"ODS import {done.record.pk} of ")
    link = OrganisationRelation.objects.get(source_body=body)
    assert (link.target_body, link.starts, link.ends, link.lead) == (world.icb, date(2026, 9, 1), None, True)


def test_an_older_trust_is_linked_from_when_links_are_known(world):
    applied(world, line("RX9", "A NHS TRUST", opened="19940401"))
    assert OrganisationRelation.objects.get(source_body__ods_code="RX9").starts == KNOWN


def test_one_entry_of_the_audit_trail_covers_the_rows(world, one_ledger_entry):
    made = staged(world, *WORLD, NEW)
    with one_ledger_entry("ods.applied") as entries:
        actions.apply(by=world.actor("admin"), staged=made)
    (entry,) = entries
    rows = [[row.line, row.code, row.outcome, row.changes] for row in OdsRow.objects.filter(staged=made)]
    assert entry.record == f"import:ods-{made.pk}"
    assert json.loads(entry.body) == {
        "import": f"ods-{made.pk}", "rows": 1, "digest": ledger.digest_of_rows(rows)
    }  # fmt: skip
    assert entry.actor == world.user("admin").pk
    assert OdsRow.objects.get(staged=made).organisation.ods_code == "RX9"


def test_the_same_file_again_changes_nothing(world):
    applied(world, *WORLD, NEW)
    again = staged(world, *WORLD, NEW)
    assert counts(again) == {"created": 0, "changed": 0, "closed": 0, "differs": 0, "unknown": 0, "unchanged": 4}


def test_a_curated_record_is_changed_only_where_it_is_ticked(world):
    made = staged(world, DIFFERENT, LEEDS.replace("NHS TRUST", "NHS FOUNDATION TRUST"))
    airedale, leeds = OdsRow.objects.filter(staged=made)
    assert (airedale.outcome, leeds.outcome) == ("differs", "differs")
    actions.tick(by=world.actor("admin"), staged=made, shown=[airedale.pk, leeds.pk], ticked=[airedale.pk])
    actions.apply(by=world.actor("admin"), staged=made)
    body = world.body("RCF")
    assert body.name == "Airedale and Wharfedale NHS Foundation Trust"
    assert body.source.startswith("Corrected by hand")
    assert world.body("RR8").name == "Leeds Teaching Hospitals NHS Trust"
    former = FormerName.objects.get(organisation=body)
    assert (former.name, former.ends) == ("Airedale NHS Foundation Trust", _today() - timedelta(days=1))
    links = OrganisationRelation.objects.filter(source_body=body).order_by("starts")
    assert [(link.target_body.ods_code, link.ends) for link in links] == [
        ("QWO", _today() - timedelta(days=1)), ("QOP", None)
    ]  # fmt: skip
    again = staged(world, DIFFERENT)
    assert counts(again)["unchanged"] == 1


def _today() -> date:
    return SYSTEM.on


def test_a_tick_is_kept_until_it_is_taken_away(world):
    made = staged(world, DIFFERENT)
    row = OdsRow.objects.get(staged=made)
    for ticked in ([row.pk], []):
        actions.tick(by=world.actor("admin"), staged=made, shown=[row.pk], ticked=ticked)
        row.refresh_from_db()
        assert row.ticked == bool(ticked)


def test_what_an_import_recorded_follows_the_next_one_and_is_closed_by_it(world):
    applied(world, NEW)
    gone = NEW.replace('"20260901",""', '"20260901","20261031"').replace("WHARFE-ON-SEA", "WHARFEDALE")
    done = applied(world, gone)
    body = Organisation.objects.get(ods_code="RX9")
    assert done.counts["closed"] == 1
    assert (body.closed, body.name) == (date(2026, 10, 31), "St. Anne's and Wharfedale NHS Foundation Trust")
    assert OrganisationRelation.objects.get(source_body=body).ends == date(2026, 10, 31)
    assert list(body.lineage_events.order_by("kind").values_list("kind", flat=True)) == ["close", "rename"]
    assert all(each.instrument.startswith("Import ") for each in body.lineage_events.all())


def test_a_body_that_is_opened_again_keeps_the_links_that_ended_with_it(world):
    body = world.body("RCF")
    close(by=world.actor("admin"), body=body, last_day=date(2026, 9, 30))
    made = staged(world, AIREDALE)
    row = OdsRow.objects.get(staged=made)
    assert (row.outcome, row.changes, row.note) == (
        "differs", {"closed": ["2026-09-30", None]}, "Ticked, it is open again."
    )  # fmt: skip
    actions.tick(by=world.actor("admin"), staged=made, shown=[row.pk], ticked=[row.pk])
    actions.apply(by=world.actor("admin"), staged=made)
    link = OrganisationRelation.objects.get(source_body=body)
    assert (world.body("RCF").closed, link.ends) == (None, None)
    assert counts(staged(world, AIREDALE))["unchanged"] == 1


def test_what_a_person_corrected_since_is_curated(world):
    applied(world, NEW)
    correct_body(by=world.actor("admin"), body=world.body("RX9"), values={"short_name": "St Anne's"})
    moved = staged(world, NEW.replace("QWO", "QOP"))
    assert counts(moved)["differs"] == 1


def test_a_body_that_was_closed_here_is_not_opened_again_by_a_file(world):
    applied(world, NEW)
    close(by=world.actor("admin"), body=world.body("RX9"), last_day=date(2026, 10, 31))
    Organisation.objects.filter(ods_code="RX9").update(source="ODS import 1 of 1 September 2026")
    assert counts(staged(world, NEW))["differs"] == 1


def test_boards_of_a_file_come_before_the_trusts_that_name_them(world):
    board = line("QX1", "NHS NEW DALES INTEGRATED CARE BOARD", "Y63", "", "20260401")
    applied(world, line("RX9", "A NHS TRUST", icb="QX1"), board)
    made = world.body("QX1")
    assert (made.kind, made.short_name) == ("icb", "New Dales ICB")
    assert [(link.kind, link.source_body.ods_code) for link in made.related_from.all()] == [("system", "RX9")]
    assert made.relations.get().target_body.ods_code == "Y63"


def test_a_trust_is_a_trust_whatever_its_name_ends_with(world):
    applied(world, line("RX9", "OLDTOWN NHS TRUST (ACUTE)"))
    assert world.body("RX9").kind == "trust"
    assert counts(staged(world, line("RX9", "OLDTOWN NHS TRUST (ACUTE)")))["unchanged"] == 1


# --- what is refused ----------------------------------------------------------------------------------------------


def test_an_import_is_applied_once(world):
    made = staged(world, NEW)
    actions.apply(by=world.actor("admin"), staged=made)
    (told,) = reasons(lambda: actions.apply(by=world.actor("admin"), staged=made))
    assert told.startswith("This import was applied on ") and told.endswith("it cannot be applied again.")


def test_a_dropped_preview_is_neither_ticked_nor_applied(world):
    made = staged(world, DIFFERENT)
    actions.drop(by=world.actor("admin"), staged=made)
    assert reasons(lambda: actions.apply(by=world.actor("admin"), staged=made)) == ["This import was dropped."]
    assert reasons(lambda: actions.tick(by=world.actor("admin"), staged=made, shown=[], ticked=[]))


@pytest.mark.parametrize("change", ["recorded", "renamed", "moved"])
def test_a_preview_is_stale_when_the_register_has_changed(world, change):
    made = staged(world, NEW, DIFFERENT)
    if change == "recorded":
        Organisation.objects.create(kind="trust", name="Another", ods_code="RX9")
    elif change == "renamed":
        Organisation.objects.filter(ods_code="RCF").update(name="Airedale Trust")
    else:
        OrganisationRelation.objects.filter(source_body__ods_code="RCF").update(target_body=world.body("QOP"))
    before = register()
    (told,) = reasons(lambda: actions.apply(by=world.actor("admin"), staged=made))
    assert told.startswith("The register has changed since this preview") and told.endswith("Preview the file again.")
    assert register() == before


def test_of_two_previews_of_one_file_the_second_is_stale(world):
    first, second = staged(world, NEW), staged(world, NEW)
    actions.apply(by=world.actor("admin"), staged=first)
    assert reasons(lambda: actions.apply(by=world.actor("admin"), staged=second))
    assert Organisation.objects.filter(ods_code="RX9").count() == 1


def test_dates_that_a_link_contradicts_are_refused_and_nothing_is_done(world):
    late = AIREDALE.replace("20220701", "20260601")
    made = staged(world, late, NEW)
    row = OdsRow.objects.get(staged=made, code="RCF")
    actions.tick(by=world.actor("admin"), staged=made, shown=[row.pk], ticked=[row.pk])
    before = register()
    (told,) = reasons(lambda: actions.apply(by=world.actor("admin"), staged=made))
    assert told.replace(NBSP, " ") == (
        "Airedale NHS Foundation Trust: a link of it begins before 1 June 2026, when the file says it opened."
    )
    assert register() == before


@pytest.mark.parametrize("person", ["officer", "executive", "region_lead", "partner", "stranger"])
def test_only_an_administrator_imports(world, person):
    with pytest.raises(Refused):
        staged(world, NEW, by=person)
    made = staged(world, NEW)
    for act in (actions.apply, actions.drop):
        with pytest.raises(Refused):
            act(by=world.actor(person), staged=made)
    with pytest.raises(Refused):
        actions.tick(by=world.actor(person), staged=made, shown=[], ticked=[])


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_cannot_both_apply(world):
    made, told = staged(world, NEW), []

    def act() -> None:
        try:
            told.append(actions.apply(by=world.actor("admin"), staged=made).applied)
        except GuardFailed as refused:
            told.append(refused.reasons[0].text[:23])
        finally:
            connections.close_all()

    both = [Thread(target=act), Thread(target=act)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(told, key=str) == [1, "This import was applied"]
    assert Organisation.objects.filter(ods_code="RX9").count() == 1


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    def write(*lines: str):
        path = tmp_path / "etr.csv"
        path.write_bytes(table(*lines))
        return path

    return write


def command(*args) -> list[str]:
    out = StringIO()
    call_command("import_ods", *map(str, args), stdout=out)
    return out.getvalue().splitlines()


def test_a_dry_run_says_everything_and_does_nothing(world, file):
    before = register()
    said = command(file(DIFFERENT, LEEDS, NEW, WELSH), "--dry-run")
    assert register() == before and not OdsImport.objects.exists()
    assert said == [
        "New (1)",
        f"  line 3  RX9  {NEW_NAME}: Opened 1 September 2026; Foundation trust yes; Lead ICB QWO",
        "Differs from a curated record; applied only with --accept CODE (1)",
        "  line 1  RCF  Airedale NHS Foundation Trust: Name Airedale NHS Foundation Trust -> "
        "Airedale and Wharfedale NHS Foundation Trust; Lead ICB QWO -> QOP",
        "Left alone (1)",
        "  line 4  RT4  Welsh Ambulance Services NHS Trust: (It has no English region, so it lies outside England; "
        "this register is of England.)",
        "created 1, changed 0, closed 0, differs 1, unknown 1, unchanged 1. A dry run: nothing was changed.",
    ]


def test_the_command_applies_and_a_second_run_changes_nothing(world, file):
    path = file(DIFFERENT, LEEDS, NEW)
    assert command(path, "--accept", "rcf")[-1].endswith(f"Applied 2 rows as import {OdsImport.objects.get().pk}.")
    before, entries = register(), LedgerEntry.objects.count()
    assert command(path, "--accept", "rcf")[-1] == (
        "created 0, changed 0, closed 0, differs 0, unknown 0, unchanged 3. Nothing was to be changed."
    )
    assert register() == before and OdsImport.objects.count() == 1 and LedgerEntry.objects.count() == entries


@pytest.mark.parametrize(
    ("lines", "args", "told"),
    [
        ((AIREDALE, AIREDALE), (), "Line 2: the code RCF stands on line 1 already."),
        ((NEW,), ("--accept", "RZZ"), "The file says nothing about RZZ: check what is accepted."),
    ],
)
def test_the_command_refuses_a_file_as_a_whole(world, file, lines, args, told):
    before = register()
    with pytest.raises(CommandError) as refused:
        command(file(*lines), *args)
    assert told in str(refused.value) and "nothing was changed" in str(refused.value)
    assert register() == before


def test_a_file_that_is_not_there_is_named(world):
    with pytest.raises(CommandError, match="nowhere.csv cannot be read: No such file or directory"):
        command("nowhere.csv")


# --- the pages ----------------------------------------------------------------------------------------------------


def upload(client, *lines, name="etr.csv", data=None):
    file = SimpleUploadedFile(name, table(*lines) if data is None else data)
    return client.post(IMPORTS, {"file": file}, follow=True)


def words(answer) -> str:
    return " ".join(answer.content.decode().replace("&#39;", "'").split())


def test_an_administrator_previews_ticks_and_applies(sign_in, world):
    admin = sign_in("admin")
    answer = upload(admin, DIFFERENT, LEEDS, NEW, WELSH)
    made = OdsImport.objects.get()
    assert answer.redirect_chain == [(f"{IMPORTS}{made.pk}/", 302)]
    page = words(answer)
    assert "Preview: nothing has changed yet" in page and made.digest in page
    assert NEW_NAME in page and "so it lies outside England" in page
    assert "NHS Greater Manchester Integrated Care Board (QOP)" in page
    row = OdsRow.objects.get(outcome="differs")
    kept = admin.post(f"{IMPORTS}{made.pk}/", {"shown": [row.pk], "ticked": [row.pk]}, follow=True)
    assert "Ticks kept" in words(kept) and "checked" in words(kept)
    done = admin.post(f"{IMPORTS}{made.pk}/apply/", {"shown": [row.pk], "ticked": [row.pk]}, follow=True)
    assert "Applied." in words(done) and world.body("RCF").name == "Airedale and Wharfedale NHS Foundation Trust"
    assert Organisation.objects.filter(ods_code="RX9").exists()
    again = admin.post(f"{IMPORTS}{made.pk}/apply/", follow=True)
    assert "it cannot be applied again" in words(again)


def test_rows_are_filtered_by_what_they_do(sign_in, world):
    admin = sign_in("admin")
    upload(admin, DIFFERENT, NEW, WELSH)
    address = f"{IMPORTS}{OdsImport.objects.get().pk}/"
    found = {
        query: [code for code in ("RCF", "RX9", "RT4") if code in words(admin.get(f"{address}?{query}"))]
        for query in ("outcome=differs", "outcome=unknown", "q=wharfe", "q=RT4")
    }
    assert found == {
        "outcome=differs": ["RCF"], "outcome=unknown": ["RT4"], "q=wharfe": ["RX9"], "q=RT4": ["RT4"]
    }  # fmt: skip
    assert admin.get(f"{address}?outcome=nothing").status_code == 400


BAD_FILES = [
    (b"", "The file is empty"),
    (b"caf\xe9,\n", "Line 1: there are signs that are not UTF-8"),
    (table(AIREDALE, AIREDALE), "Line 2: the code RCF stands on line 1 already."),
    (b"{", "the JSON breaks off"),
    (b"\x00" * 50, "column in place of 27"),
]


@pytest.mark.parametrize(("data", "told"), BAD_FILES)
def test_a_bad_file_comes_back_with_its_problems(sign_in, data, told):
    answer = upload(sign_in("admin"), data=data)
    assert answer.status_code == 422 and told in words(answer)
    assert not OdsImport.objects.exists()


def test_no_file_is_asked_for_in_words(sign_in):
    answer = sign_in("admin").post(IMPORTS, {})
    assert answer.status_code == 422 and "Choose a file" in words(answer)


@pytest.mark.parametrize("ticked", ["x", "9" * 30, "-1", "٣"])
def test_ticks_that_are_no_rows_are_passed_over(sign_in, world, ticked):
    made = staged(world, DIFFERENT)
    answer = sign_in("admin").post(f"{IMPORTS}{made.pk}/", {"shown": ticked, "ticked": ticked})
    assert answer.status_code == 302 and not OdsRow.objects.filter(ticked=True).exists()


def test_a_stale_preview_says_so_on_the_page(sign_in, world):
    made = staged(world, DIFFERENT)
    Organisation.objects.filter(ods_code="RCF").update(name="Airedale Trust")
    answer = sign_in("admin").post(f"{IMPORTS}{made.pk}/apply/", follow=True)
    assert "The register has changed since this preview (Airedale NHS Foundation Trust)" in words(answer)


def test_a_preview_is_dropped(sign_in, world):
    made = staged(world, DIFFERENT)
    answer = sign_in("admin").post(f"{IMPORTS}{made.pk}/drop/", follow=True)
    assert "Dropped. Nothing was changed." in words(answer) and "not applied" in words(answer)


def test_a_preview_asks_the_database_the_same_for_few_and_many_rows(sign_in, world):
    admin = sign_in("admin")
    asked = []
    for lines in ((NEW,), [line(f"RZ{number}", f"NEW {number} NHS TRUST") for number in range(10, 90)]):
        made = staged(world, *lines)
        admin.get(f"{IMPORTS}{made.pk}/")
        with counted() as found:
            admin.get(f"{IMPORTS}{made.pk}/")
        asked.append(len(found))
    assert asked[0] == asked[1] <= 15, asked
