"""The pages of restructures as the administrator meets them; and every other page after a merger."""

import csv
import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from collaboration.models import Profile, Score
from collaboration.queries import bodies
from collaboration.queries.profiles import history_of
from ics_governance.context import system
from ics_governance.permissions import SYSTEM
from ics_governance.wording import pluralise
from oversight import tasks
from oversight.actions import restructures as actions
from oversight.models import Restructure
from oversight.queries import restructures as queries
from partnerships.actions.organisations import rename
from partnerships.models import Forum, Meeting, Organisation, Succession
from tests import records
from tests.oversight.case_world import raise_case
from tests.oversight.test_homes import text
from tests.oversight.test_restructures import DAY, LATER, TODAY, follower, merged_icbs, merged_trusts
from tests.queries import counted
from tests.world import World

SECRET = "Zinnober"
FORM = {
    "kind": "merge", "before": "RCF\nRR8", "effective_on_day": "1", "effective_on_month": "11",
    "effective_on_year": "2026", "instrument": "Establishment order 2026",
    "name": "Aire Valley NHS Foundation Trust", "code": "rav",
}  # fmt: skip


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def admin(sign_in: Any) -> Any:
    return sign_in("admin")


def prepared(admin: Any, **changes: str) -> Restructure:
    answer = admin.post(reverse("restructure-new"), FORM | changes)
    assert answer.status_code == 302, text(answer)
    return Restructure.objects.latest("pk")


def seen_in(answer: Any) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]+)"', answer.content.decode())
    assert found
    return found[1]


# --- Happy paths --------------------------------------------------------------------------------------------------


def test_a_merger_is_prepared_previewed_chosen_and_carried_out(world: World, admin: Any):
    forum = records.forum(world.body("RCF"), name="Estates group")
    made = prepared(admin)
    page = text(admin.get(reverse("restructure", args=[made.pk])))
    assert "Merge Airedale NHS Foundation Trust and Leeds Teaching Hospitals NHS Trust" in page
    assert "Forums: 1 carried on" in page
    admin.post(reverse("restructure", args=[made.pk]), {f"choice-forum:{forum.pk}": "end"})
    answer = admin.get(reverse("restructure", args=[made.pk]))
    assert "Forums: 1 ends" in text(answer)
    seen = seen_in(answer)
    answer = admin.post(reverse("restructure-carry-out", args=[made.pk]), {"seen": seen}, follow=True)
    page = text(answer)
    assert "Carried out. What moved is listed below." in page
    assert "Aire Valley NHS Foundation Trust" in page
    forum.refresh_from_db()
    assert (forum.ends, world.body("RAV").opened) == (DAY - timedelta(days=1), DAY)
    assert "carried out" in text(admin.get(reverse("restructure-list")))


def test_the_preview_says_of_each_record_what_it_is_and_where_it_is_read(world: World, admin: Any):
    made = prepared(
        admin, before="QWO\nQOP", name="NHS Pennines Integrated Care Board", code="QPE1X",
        region=str(world.body("Y63").pk),
    )  # fmt: skip
    answer = admin.get(reverse("restructure", args=[made.pk]))
    page, edge = text(answer), world.place_board.delegations_held.get()
    assert "Finance and commissioning committee to Bradford place board" in page
    assert "up to £500,000, Bradford District and Craven; terms of reference, section 6" in page
    assert "ICB governance officer" in page
    assert f'href="/delegations/{edge.pk}/"' in answer.content.decode()
    assert f'href="/forums/{world.place_board.pk}/"' in answer.content.decode()


def test_what_moved_is_linked_before_and_after(world: World, admin: Any):
    old = world.place_board
    made = merged_icbs(world)
    page = admin.get(reverse("restructure", args=[made.pk])).content.decode()
    assert f'href="/forums/{old.pk}/"' in page
    assert f'href="/forums/{follower(old).pk}/"' in page


def test_meetings_of_forums_that_end_are_counted_apart_and_cancelled(world: World, admin: Any):
    with system("a meeting of the board"):
        Meeting.objects.create(forum=Forum.objects.get(name="NHS West Yorkshire board"), held_on=LATER)
    world.meeting(LATER)
    made = prepared(
        admin, before="QWO\nQOP", name="NHS Pennines Integrated Care Board", code="QPE1X",
        region=str(world.body("Y63").pk),
    )  # fmt: skip
    counts = queries.preview(made, TODAY).open
    assert (counts["meeting"], counts["meeting_cancelled"]) == (1, 1)
    page = text(admin.get(reverse("restructure", args=[made.pk])))
    assert "Meetings of forums that end" in page
    actions.carry_out(by=world.actor("admin"), restructure=made)
    made.refresh_from_db()
    assert made.event is not None
    assert {key: made.event.moved["open"][key] for key in ("meeting", "meeting_cancelled")} == {
        "meeting": 1, "meeting_cancelled": 1,
    }  # fmt: skip


def test_bodies_can_be_named_instead_of_coded(world: World, admin: Any):
    made = prepared(admin, before="Airedale NHS Foundation Trust\nrr8")
    assert sorted(body.code for body in made.predecessors.all()) == ["RCF", "RR8"]


def test_a_rename_ahead_says_from_when_the_name_is_borne(world: World, admin: Any):
    made = prepared(admin, kind="rename", before="RCF", name="Dales NHS Foundation Trust", short_name="Dales",
                    effective_on_year="2027", effective_on_month="1")  # fmt: skip
    actions.carry_out(by=world.actor("admin"), restructure=made)
    page = text(admin.get(reverse("restructure", args=[made.pk])))
    assert "The new name is borne from 1 January 2027." in page
    assert "What is open passes" not in page
    assert made.new_body["short_name"] == "Dales"


def test_a_draft_can_be_dropped(world: World, admin: Any):
    made = prepared(admin)
    assert "Nothing has moved" in text(admin.post(reverse("restructure-drop", args=[made.pk]), follow=True))
    assert "Dropped: nothing has moved." in text(admin.get(reverse("restructure", args=[made.pk])))
    assert not Succession.objects.filter(predecessor=world.body("RCF")).exists()


def test_a_link_from_a_body_fills_in_its_code(admin: Any):
    assert ">QGH<" in admin.get(reverse("restructure-new") + "?body=QGH").content.decode().replace("\n", "")


# --- Bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"before": "RCF XXX"}, "No organisation has the code XXX"),
        ({"before": ""}, "Enter bodies as they are now"),
        ({"kind": "nonsense"}, "Select what happens from the list"),
        ({"code": ""}, "Enter the ODS code: every trust has one"),
        ({"code": "a b!"}, "An ODS code has 2 to 12 capital letters and figures"),
        ({"name": "manchester university NHS Foundation Trust"}, "The register holds Manchester University"),
        ({"region": "Y63"}, "Only an integrated care board lies in a region of its own"),
        (
            {"kind": "split", "before": "RCF", "second_name": "Craven NHS Trust", "second_code": "RAV"},
            "Another of the new bodies has this code already",
        ),
        (
            {"kind": "split", "before": "RCF", "second_name": "Aire Valley NHS foundation trust", "second_code": "RAW"},
            "Another of the new bodies has this name already",
        ),
        (
            {"kind": "merge", "before": "E08000032 E08000035", "code": "E0800003"},
            "A GSS code is a letter and 8 figures",
        ),
        ({"name": "", "code": ""}, "Enter the code of an existing body, or the name of a new one"),
        ({"after": "ZZZ"}, "No organisation has the code ZZZ"),
        ({"after": "RCF"}, "cannot be both what is before and what comes after"),
        ({"effective_on_day": "31", "effective_on_month": "2"}, "must be a real date"),
        ({"effective_on_year": "2022", "effective_on_month": "7"}, "choose a later first day"),
        ({"effective_on_year": "2099"}, "more than two years ahead"),
        ({"kind": "rename", "name": ""}, "Enter the new name"),
        ({"kind": "rename"}, "Name one body only"),
        ({"kind": "split"}, "Enter the code of an existing body, or the name of a new one"),
        ({"kind": "acquire", "before": "RCF"}, "A part passes to a body that exists"),
        ({"code": "QWO"}, "The code QWO belongs to NHS West Yorkshire"),
    ],
)
def test_a_wrong_form_says_how_to_mend_it_and_keeps_what_was_typed(admin: Any, changes, words):
    if region := changes.get("region"):
        changes = changes | {"region": str(Organisation.objects.get(ods_code=region).pk)}
    answer = admin.post(reverse("restructure-new"), FORM | changes)
    assert answer.status_code == 422
    assert words in text(answer)
    assert "Establishment order 2026" in answer.content.decode()
    assert not Restructure.objects.exists()


def test_the_reason_stands_at_the_field_of_the_body(admin: Any):
    split = {"kind": "split", "before": "RCF", "second_name": "Craven NHS Trust", "second_code": "RAV"}
    page = admin.post(reverse("restructure-new"), FORM | split).content.decode()
    assert re.search(r'id="second_code-error"|id="id_second_code-error"|second_code[^<>]*error', page)


def test_a_stale_preview_is_refused_with_the_page(world: World, admin: Any):
    made = prepared(admin)
    answer = admin.post(reverse("restructure-carry-out", args=[made.pk]), {"seen": "0" * 20})
    assert answer.status_code == 422
    assert "has changed since you looked at it" in text(answer)
    assert world.body("RCF").closed is None


def test_a_choice_that_is_not_offered_is_refused(world: World, admin: Any):
    made = prepared(admin)
    answer = admin.post(reverse("restructure", args=[made.pk]), {"choice-forum:1": "burn"}, follow=True)
    assert "look at it again" in text(answer)


def test_decisions_since_the_day_are_said_and_need_the_tick(world: World, admin: Any):
    records.decision(records.forum(world.body("RCF")), date(2026, 11, 5))
    made = prepared(admin)
    answer = admin.get(reverse("restructure", args=[made.pk]))
    assert "1 decision was agreed on or after that day" in text(answer)
    seen = seen_in(answer)
    refused = admin.post(reverse("restructure-carry-out", args=[made.pk]), {"seen": seen})
    assert (refused.status_code, "Tick that decisions" in text(refused)) == (422, True)
    done = admin.post(reverse("restructure-carry-out", args=[made.pk]), {"seen": seen, "confirmed": "on"})
    assert done.status_code == 302


# --- Nothing guarded ----------------------------------------------------------------------------------------------


def test_the_preview_counts_open_matters_and_shows_nothing_of_them(world: World, admin: Any):
    raise_case(world, title=SECRET, facts=SECRET, in_confidence=True)
    forum = records.forum(world.body("RCF"))
    records.decision(forum, None, state="draft", title=SECRET, text=SECRET)
    records.action(records.decision(forum, DAY, title=SECRET), world.body("RCF"), LATER, title=SECRET)
    made = prepared(admin)
    before = admin.get(reverse("restructure", args=[made.pk])).content.decode()
    counts = queries.preview(made, TODAY).open
    assert {kind: number for kind, number in counts.items() if number} == {"draft": 1, "action": 1, "case": 1}
    actions.carry_out(by=world.actor("admin"), restructure=made, confirmed=True)
    after = admin.get(reverse("restructure", args=[made.pk])).content.decode()
    for page in (before, after, admin.get(reverse("restructure-list")).content.decode()):
        assert SECRET not in page
        assert "Bradford Council" not in page  # who raised it


def test_as_many_statements_for_many_records_as_for_few(world: World, admin: Any):
    made = prepared(admin)
    address = reverse("restructure", args=[made.pk])
    admin.get(address)
    with counted() as few:
        admin.get(address)
    for _ in range(15):
        records.member(records.forum(world.body("RCF")), world.body("RR8"))
    with counted() as many:
        admin.get(address)
    assert len(many) == len(few) <= 15


# --- The site afterwards ------------------------------------------------------------------------------------------

PAGES = (
    "/", "/organisations/", "/organisations/QPE1X/", "/organisations/QWO/", "/organisations/QWO/?as_of=2026-10-31",
    "/organisations/RCF/", "/forums/", "/arrangements/", "/delegations/", "/decisions/", "/meetings/", "/actions/",
    "/cases/", "/register/", "/register/?q=bradford", "/profiles/RCF/", "/risks/", "/requests/", "/feedback/",
    "/systems/", "/systems/QPE1X/", "/systems/QWO/",
)  # fmt: skip


@pytest.mark.parametrize("who", ["officer", "executive", "secretary", "partner", "region_lead", "auditor", "admin"])
def test_every_page_still_answers_after_a_merger(world: World, sign_in: Any, who: str):
    old = world.place_board
    merged_icbs(world)
    pages = [*PAGES, *(f"/forums/{row.pk}/" for row in Forum.objects.filter(pk__in=[old.pk, follower(old).pk]))]
    pages += [f"/delegations/{edge.pk}/" for edge in old.delegations_held.all()]
    client = sign_in(who)
    found = {page: client.get(page, follow=True).status_code for page in pages}
    assert {page: status for page, status in found.items() if status not in (200, 403, 404)} == {}
    assert [found[page] for page in ("/", "/organisations/QWO/", "/forums/", f"/forums/{old.pk}/")] == [200] * 4


def test_a_list_of_another_day_names_bodies_as_they_were_or_as_they_are_now(world: World, admin: Any):
    merged_icbs(world)
    address = "/organisations/?kind=icb&as_of=2026-10-31"
    was, now = admin.get(address), admin.get(f"{address}&bodies=now")
    assert "now Pennines ICB" not in text(was)
    assert text(now).count("now Pennines ICB") == 2
    with counted() as found:
        admin.get(f"{address}&bodies=now")
    assert len(found) <= 15


def test_a_list_of_another_day_and_its_file_give_the_names_of_that_day(world: World, admin: Any):
    rename(by=world.actor("admin"), body=world.body("RCF"), name="Wharfe Valley NHS Foundation Trust", first_day=DAY)
    merged_icbs(world)
    address = "/organisations/?as_of=2026-10-31"
    assert "Airedale NHS Foundation Trust" in text(admin.get(address))
    assert "Wharfe Valley" not in text(admin.get(address))
    heads, rows = _file(admin.get(f"{address}&bodies=now&format=csv"))
    assert heads[-1] == "Now"
    assert rows["NHS West Yorkshire Integrated Care Board"][-1] == "NHS Pennines Integrated Care Board"
    assert "Airedale NHS Foundation Trust" in rows
    heads, _ = _file(admin.get(f"{address}&format=csv"))
    assert "Now" not in heads


def _file(answer: Any) -> tuple[list[str], dict[str, list[str]]]:
    """The heads of an export, and its rows by their first cell."""
    rows = list(csv.reader(answer.getvalue().decode("utf-8-sig").splitlines()))
    first = next(number for number, row in enumerate(rows) if row and row[0] == "Name")
    return rows[first], {row[0]: row for row in rows[first + 1 :] if row}


def test_the_page_of_a_closed_body_says_what_became_of_it(world: World, admin: Any):
    merged_icbs(world)
    page = text(admin.get("/organisations/QWO/"))
    assert "It closed on 31 October 2026." in page
    assert "Pennines ICB" in page


def test_the_page_of_a_closed_body_shows_what_it_had_on_its_last_day(world: World, admin: Any):
    merged_icbs(world)
    page = text(admin.get("/organisations/QWO/"))
    for name in ("Bradford District and Craven Partnership", "Bradford place board", "Commissioning community"):
        assert name in page
    assert "Nothing is recorded for its last day" not in page
    assert "In its system:" not in page


LISTS = ("organisations", "forums", "arrangements", "delegations", "places", "checks", "expiring")


@pytest.mark.parametrize("register", LISTS)
def test_a_list_of_a_system_that_is_no_more_is_that_of_its_last_day(world: World, admin: Any, register: str):
    merged_icbs(world)
    answer = admin.get(f"/{register}/?system=QWO")
    assert answer.status_code == 200
    if register != "expiring":
        assert "NHS West Yorkshire Integrated Care Board closed on 31 October 2026" in text(answer)
    if register not in ("checks", "expiring"):
        assert "this is what there was on that day" in text(answer)
    assert "Bradford place board" in text(answer) or register not in ("forums", "delegations")
    assert admin.get(f"/{register}/?system=QZZ").status_code == 400


def test_a_record_and_the_one_that_carries_it_on_lead_to_one_another(world: World, admin: Any):
    old, edge = world.place_board, world.place_board.delegations_held.get()
    arrangement = old.arrangement
    merged_icbs(world)
    pairs = [
        ("forums", old.pk, follower(old).pk), ("arrangements", arrangement.pk, follower(arrangement).pk),
        ("delegations", edge.pk, edge.novated_by.get().pk),
    ]  # fmt: skip
    for register, before, after in pairs:
        page = admin.get(f"/{register}/{before}/")
        assert f'href="/{register}/{after}/"' in page.content.decode()
        assert "of Pennines ICB from 1 November 2026" in text(page)
        page = admin.get(f"/{register}/{after}/")
        assert f'href="/{register}/{before}/"' in page.content.decode()
        assert "which ended on 31 October 2026" in text(page)


def test_what_waits_for_its_day_passes_by_the_nightly_task(world: World):
    made = merged_trusts(world, LATER)
    with time_machine.travel(LATER, tick=False):
        done = tasks.pass_on_open_matters(None, on=LATER.isoformat())
    assert done["summary"] == f"What was open passed in {pluralise(1, 'restructure')}."
    made.event.refresh_from_db()
    assert made.event.moved["waits"] is False


# --- As it was, as it is now ----------------------------------------------------------------------------------------


@pytest.fixture
def scored(world: World) -> None:
    framework, _ = load_framework(
        by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8")
    )  # fmt: skip
    for code, score in (("RCF", 40), ("RR8", 80)):
        for month in (8, 9, 10):
            made = Profile.objects.create(
                subject=world.body(code), framework=framework, as_of=date(2026, month, 30), engine="1", inputs="0" * 64
            )
            for each in "RLSAD":
                Score.objects.create(
                    profile=made, characteristic=each, score=score + month, low=30, high=95, band="strong", coverage=1
                )


def _profile(world: World, code: str, day: date, score: int) -> None:
    framework = Profile.objects.first().framework  # type: ignore[union-attr]
    made = Profile.objects.create(
        subject=world.body(code), framework=framework, as_of=day, engine="1", inputs="0" * 64
    )  # fmt: skip
    for each in "RLSAD":
        Score.objects.create(
            profile=made, characteristic=each, score=score, low=30, high=95, band="strong", coverage=1
        )  # fmt: skip


def test_a_merged_trust_shows_its_predecessors_as_they_were_and_never_a_mean(world: World, sign_in: Any, scored: None):
    merged_trusts(world)
    _profile(world, "RAV", TODAY, 55)
    client = sign_in("region_lead")
    was = text(client.get("/profiles/RAV/"))
    assert "Airedale NHS Foundation Trust, as it was: 48 in August 2026, 50 in October 2026" in was
    assert "Leeds Teaching Hospitals NHS Trust, as it was: 88 in August 2026, 90 in October 2026" in was
    now = text(client.get("/profiles/RAV/?bodies=now"))
    assert "as it was" not in now
    assert "Their scores are not added up or averaged" in now
    history = history_of(world.actor("region_lead"), "RAV")
    assert history is not None
    lineage = bodies.lineage_of(history)
    assert [one.scores["R"].score for one in bodies.joined(history.latest, lineage, "now")] == [55]


def test_one_body_that_became_another_is_joined_with_a_mark(world: World, sign_in: Any, scored: None):
    new = Organisation.objects.create(kind="trust", name="Aire Trust", ods_code="RAX", opened=DAY)
    Succession.objects.create(predecessor=world.body("RCF"), successor=new, kind="rename", effective_on=DAY)
    records.OrganisationRelation.objects.create(kind="system", source_body=new, target_body=world.icb, starts=DAY)
    _profile(world, "RAX", TODAY, 55)
    history = history_of(world.actor("officer"), "RAX")
    assert history is not None
    joined = bodies.joined(history.latest, bodies.lineage_of(history), "now")
    assert [one.scores["R"].score for one in joined] == [55, 50, 49, 48]
    page = sign_in("officer").get("/profiles/RAX/?bodies=now").content.decode()
    assert "The 12-month score was 48 in" in text(sign_in("officer").get("/profiles/RAX/?bodies=now"))
    assert page.count(">became</text>") == 2


def test_the_profile_of_a_closed_trust_leads_to_its_successor(world: World, sign_in: Any, scored: None):
    merged_trusts(world)
    for who in ("secretary", "officer", "region_lead"):
        page = sign_in(who).get("/profiles/RCF/")
        assert page.status_code == 200
        assert 'href="/profiles/RAV/"' in page.content.decode()
    assert sign_in("other_officer").get("/profiles/RCF/").status_code == 404


def test_fifteen_statements_are_enough_for_a_successor(world: World, sign_in: Any, scored: None):
    merged_trusts(world)
    _profile(world, "RAV", TODAY, 55)
    client = sign_in("region_lead")
    client.get("/profiles/RAV/")
    with counted() as found:
        client.get("/profiles/RAV/")
    assert len(found) <= 15
