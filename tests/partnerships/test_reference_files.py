"""The reference tables in partnerships/reference are complete, consistent and in a fixed order."""

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "partnerships" / "reference"
KNOWN_FROM = date(2026, 4, 1)
TODAY = date(2026, 11, 1)

EXPECTED_ROWS = {
    "activity_areas": 7,
    "former_names": 1,
    "functions": 84,
    "icb_clusters": 18,
    "icb_successions": 16,
    "icbs": 48,
    "legal_bases": 48,
    "local_authorities": 153,
    "local_authority_icbs": 156,
    "oversight_bodies": 1,
    "regions": 7,
    "regulators": 3,
    "trust_icbs": 213,
    "trust_successions": 10,
    "trusts": 213,
}
IN_AN_ORDER_OF_THEIR_OWN = {"activity_areas"}
SORTED_BY = {
    "activity_areas": ("code",),
    "former_names": ("ods_code", "known_from"),
    "functions": ("code",),
    "icb_clusters": ("cluster", "icb_ods_code"),
    "icb_successions": ("effective_on", "predecessor_ods_code", "successor_ods_code"),
    "icbs": ("ods_code",),
    "legal_bases": ("code", "owner_kind", "recipient_kind"),
    "local_authorities": ("gss_code",),
    "local_authority_icbs": ("council_gss_code", "icb_ods_code"),
    "oversight_bodies": ("ods_code",),
    "regions": ("ods_code",),
    "regulators": ("local_code",),
    "trust_icbs": ("trust_ods_code", "icb_ods_code"),
    "trust_successions": ("effective_on", "predecessor_ods_code", "successor_ods_code"),
    "trusts": ("ods_code",),
}
BODIES = ("oversight_bodies", "regions", "icbs", "trusts")
OWNER_KINDS = {"icb", "trust", "local_authority", "oversight_body"}
RECIPIENT_KINDS = OWNER_KINDS | {"committee", "joint_committee", "post", "primary_care", "vcse"}


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def by_code(name: str, key: str = "ods_code") -> dict[str, dict[str, str]]:
    return {row[key]: row for row in table(name)}


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def is_open(row: dict[str, str], on: date) -> bool:
    opened, closed = day(row["opened_on"]), day(row["closed_on"])
    return (opened is None or opened <= on) and (closed is None or on <= closed)


# --- the files -----------------------------------------------------------------------------------


def test_every_table_is_listed_here_and_nothing_else_lies_in_the_folder():
    assert {path.stem for path in FOLDER.glob("*.csv")} == set(EXPECTED_ROWS) == set(SORTED_BY)


@pytest.mark.parametrize("name", EXPECTED_ROWS)
def test_a_table_has_the_expected_number_of_rows(name):
    assert len(table(name)) == EXPECTED_ROWS[name]


@pytest.mark.parametrize("name", EXPECTED_ROWS)
def test_rows_are_unique_and_in_a_fixed_order(name):
    keys = [tuple(row[column] for column in SORTED_BY[name]) for row in table(name)]
    assert len(keys) == len(set(keys))
    assert keys == sorted(keys) or name in IN_AN_ORDER_OF_THEIR_OWN


@pytest.mark.parametrize("name", EXPECTED_ROWS)
def test_cells_are_trimmed_and_every_row_is_as_wide_as_the_head(name):
    for row in table(name):
        assert None not in row and None not in row.values(), row
        assert all(value == value.strip() for value in row.values()), row


@pytest.mark.parametrize("name", EXPECTED_ROWS)
def test_dates_are_iso_dates(name):
    columns = [c for c in table(name)[0] if c.endswith(("_on", "_from", "_to"))]
    for row in table(name):
        for column in columns:
            assert row[column] == "" or date.fromisoformat(row[column]).isoformat() == row[column]


@pytest.mark.parametrize("name", [n for n in EXPECTED_ROWS if n != "former_names"])
def test_nothing_ends_before_it_begins(name):
    for row in table(name):
        for start, end in (("opened_on", "closed_on"), ("known_from", "known_to")):
            if row.get(start) and row.get(end):
                assert row[start] <= row[end], row


def test_the_provenance_names_every_table():
    text = (FOLDER / "provenance.md").read_text(encoding="utf-8")
    assert [name for name in EXPECTED_ROWS if f"`{name}.csv`" not in text] == []


# --- bodies --------------------------------------------------------------------------------------


def test_no_ods_code_is_used_by_two_bodies():
    codes = Counter(row["ods_code"] for name in BODIES for row in table(name))
    assert [code for code, times in codes.items() if times > 1] == []


def test_no_gss_code_is_used_by_two_bodies():
    rows = [*table("regions"), *table("icbs"), *table("local_authorities")]
    codes = Counter(row["gss_code"] for row in rows)
    assert [code for code, times in codes.items() if times > 1] == []


def test_names_are_unique_within_a_table():
    for name in (*BODIES, "local_authorities"):
        names = Counter(row["name"] for row in table(name))
        assert [text for text, times in names.items() if times > 1] == []


def test_every_region_has_an_oversight_body():
    bodies = by_code("oversight_bodies")
    assert all(row["oversight_body_ods_code"] in bodies for row in table("regions"))


def test_there_were_42_icbs_in_march_2026_and_36_in_april():
    icbs = table("icbs")
    assert sum(is_open(row, date(2026, 3, 31)) for row in icbs) == 42
    assert sum(is_open(row, date(2026, 4, 1)) for row in icbs) == 36


def test_every_icb_lies_in_a_region():
    regions = by_code("regions")
    assert all(row["region_ods_code"] in regions for row in table("icbs"))


def test_202_trusts_are_open_and_11_closed():
    closed = [row for row in table("trusts") if not is_open(row, TODAY)]
    assert (len(table("trusts")) - len(closed), len(closed)) == (202, 11)


def test_open_trusts_have_the_kinds_that_the_provenance_tells():
    kinds = Counter(row["kind"] for row in table("trusts") if not row["closed_on"])
    assert kinds == {
        "acute": 115, "combined": 28, "mental_health": 21, "specialist": 16,
        "community": 11, "ambulance": 10, "other": 1,
    }  # fmt: skip


def test_a_trust_is_a_foundation_trust_when_its_name_says_so():
    for row in table("trusts"):
        assert row["is_foundation_trust"] == ("yes" if "Foundation Trust" in row["name"] else "no")


def test_councils_have_the_kinds_of_upper_tier_councils():
    kinds = Counter(row["kind"] for row in table("local_authorities"))
    assert kinds == {
        "unitary": 62, "metropolitan_borough": 36, "london_borough": 32,
        "county": 21, "city_of_london": 1, "isles_of_scilly": 1,
    }  # fmt: skip


# --- links ---------------------------------------------------------------------------------------


def test_every_trust_has_one_lead_icb():
    leads = Counter(row["trust_ods_code"] for row in table("trust_icbs") if row["role"] == "lead")
    assert leads == dict.fromkeys(by_code("trusts"), 1)


def test_a_trusts_link_leads_to_an_icb_that_was_open_all_that_time():
    icbs = by_code("icbs")
    for row in table("trust_icbs"):
        icb = icbs[row["icb_ods_code"]]
        assert is_open(icb, date.fromisoformat(row["known_from"])), row
        assert is_open(icb, day(row["known_to"]) or TODAY), row


def test_a_trusts_link_does_not_claim_more_than_the_tables_know():
    trusts = by_code("trusts")
    for row in table("trust_icbs"):
        closed = day(trusts[row["trust_ods_code"]]["closed_on"])
        start = date.fromisoformat(row["known_from"])
        assert day(row["known_to"]) == closed
        assert start >= KNOWN_FROM or start == closed, row
        assert is_open(trusts[row["trust_ods_code"]], start), row


def test_a_trusts_region_is_the_region_of_its_icb():
    icbs, trusts = by_code("icbs"), by_code("trusts")
    for row in table("trust_icbs"):
        trust = trusts[row["trust_ods_code"]]
        assert trust["region_ods_code"] == icbs[row["icb_ods_code"]]["region_ods_code"], trust


def test_a_link_set_by_judgement_says_why():
    assert {row["basis"] for row in table("trust_icbs")} == {"head_office", "judgement"}
    assert all(row["note"] for row in table("trust_icbs") if row["basis"] == "judgement")


def test_every_council_lies_in_an_icb_that_is_open():
    icbs = by_code("icbs")
    links = table("local_authority_icbs")
    assert {row["council_gss_code"] for row in links} == set(by_code("local_authorities", "gss_code"))
    assert all(is_open(icbs[row["icb_ods_code"]], TODAY) for row in links)
    assert {row["known_from"] for row in links} == {KNOWN_FROM.isoformat()}


def test_only_three_councils_lie_in_two_icbs():
    names = by_code("local_authorities", "gss_code")
    links = Counter(row["council_gss_code"] for row in table("local_authority_icbs"))
    several = {names[code]["area_name"] for code, times in links.items() if times > 1}
    assert several == {"Cumberland", "Westmorland and Furness", "North Yorkshire"}


def test_every_open_icb_has_a_trust_and_a_council():
    live = {row["ods_code"] for row in table("icbs") if is_open(row, TODAY)}
    trusts = {row["icb_ods_code"] for row in table("trust_icbs") if not row["known_to"]}
    councils = {row["icb_ods_code"] for row in table("local_authority_icbs")}
    assert live == trusts == councils


# --- successions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["icb", "trust"])
def test_a_succession_begins_on_the_day_after_the_predecessor_closed(kind):
    bodies = by_code(f"{kind}s")
    for row in table(f"{kind}_successions"):
        before, after = bodies[row["predecessor_ods_code"]], bodies[row["successor_ods_code"]]
        start = date.fromisoformat(row["effective_on"])
        assert day(before["closed_on"]) == start - timedelta(days=1), row
        assert is_open(after, start), row


@pytest.mark.parametrize("kind", ["icb", "trust"])
def test_the_kind_of_a_succession_agrees_with_how_many_successors_there_are(kind):
    bodies = by_code(f"{kind}s")
    parts = Counter(row["predecessor_ods_code"] for row in table(f"{kind}_successions"))
    for row in table(f"{kind}_successions"):
        began_then = bodies[row["successor_ods_code"]]["opened_on"] == row["effective_on"]
        in_parts = "split" if began_then else "acquisition"
        assert row["kind"] == (in_parts if parts[row["predecessor_ods_code"]] > 1 else "merger"), row


def test_every_closed_icb_and_every_closed_trust_but_one_has_a_successor():
    for kind, without in (("icb", set()), ("trust", {"RYK"})):
        closed = {row["ods_code"] for row in table(f"{kind}s") if row["closed_on"]}
        succeeded = {row["predecessor_ods_code"] for row in table(f"{kind}_successions")}
        assert closed - succeeded == without


def test_following_successors_always_ends_at_an_open_body():
    for kind in ("icb", "trust"):
        bodies = by_code(f"{kind}s")
        after: dict[str, set[str]] = {}
        for row in table(f"{kind}_successions"):
            after.setdefault(row["predecessor_ods_code"], set()).add(row["successor_ods_code"])
        for codes in after.values():
            for _ in range(10):
                codes = set().union(*(after.get(code, {code}) for code in codes))
            assert all(is_open(bodies[code], TODAY) for code in codes)


def test_a_former_name_ends_before_today_and_differs_from_the_name_of_today():
    bodies = by_code("trusts") | by_code("icbs")
    for row in table("former_names"):
        assert row["name"] != bodies[row["ods_code"]]["name"]
        assert row["known_from"] <= row["known_to"] < TODAY.isoformat()


# --- clusters and regulators ---------------------------------------------------------------------


def test_an_icb_is_in_one_cluster_and_was_open_when_that_began():
    icbs, rows = by_code("icbs"), table("icb_clusters")
    assert [code for code, times in Counter(row["icb_ods_code"] for row in rows).items() if times > 1] == []
    assert all(is_open(icbs[row["icb_ods_code"]], date.fromisoformat(row["known_from"])) for row in rows)


def test_a_cluster_has_several_boards_and_is_told_the_same_in_each_of_its_rows():
    clusters: dict[str, list[tuple[str, ...]]] = {}
    for row in table("icb_clusters"):
        said = tuple(value for column, value in row.items() if column != "icb_ods_code")
        clusters.setdefault(row["cluster"], []).append(said)
    assert len(clusters) == 8
    assert all(len(rows) > 1 and len(set(rows)) == 1 for rows in clusters.values())


def test_a_cluster_says_how_sure_it_is():
    rows = table("icb_clusters")
    marks = {row["cluster"]: row["mark"] for row in rows}
    assert Counter(marks.values()) == {"V": 5, "R": 2, "P": 1}
    assert all(row["note"] and row["shares_chair"] in {"yes", "no"} for row in rows)


def test_a_regulator_says_how_sure_it_is():
    assert {row["local_code"]: row["mark"] for row in table("regulators")} == {"CQC": "P", "HSSIB": "R", "OFSTED": "P"}
    assert all("to be confirmed" in row["note"] for row in table("regulators"))


# --- functions and legal bases -------------------------------------------------------------------


def test_a_legal_basis_is_given_for_known_kinds_and_has_one_title():
    titles: dict[str, set[str]] = {}
    for row in table("legal_bases"):
        assert row["owner_kind"] in OWNER_KINDS and row["recipient_kind"] in RECIPIENT_KINDS
        assert row["mark"] in {"V", "P", "R"} and row["title"] and row["source"]
        assert row["internal"] == ("yes" if row["recipient_kind"] in {"committee", "post"} else "no")
        titles.setdefault(row["code"], set()).add(row["title"])
    assert all(len(several) == 1 for several in titles.values())


def test_a_function_rests_on_bases_that_are_open_to_its_owner():
    offered = {(row["code"], row["owner_kind"]) for row in table("legal_bases")}
    for row in table("functions"):
        assert row["owner_kind"] in OWNER_KINDS
        bases = row["bases"].split(";") if row["bases"] else []
        assert bases == sorted(set(bases))
        assert all((basis, row["owner_kind"]) in offered for basis in bases), row
        assert row["mark"] in {"V", "P", "R"} and row["description"]


def test_a_reserved_function_has_no_basis_and_a_delegable_one_has():
    for row in table("functions"):
        assert row["delegable"] in {"yes", "no"}
        assert (row["delegable"] == "yes") == bool(row["bases"])


def test_a_part_belongs_to_a_whole_with_the_same_owner_and_family():
    functions = by_code("functions", "code")
    parts = [row for row in functions.values() if row["parent"]]
    assert len(parts) == 32
    for row in parts:
        whole = functions[row["parent"]]
        assert whole["parent"] == ""
        assert (row["owner_kind"], row["family"]) == (whole["owner_kind"], whole["family"])


def test_each_owner_kind_has_functions_and_some_parts_are_reserved():
    functions = table("functions")
    assert {row["owner_kind"] for row in functions} == OWNER_KINDS
    assert [r["code"] for r in functions if r["parent"] and r["delegable"] == "no"] == [
        "acute_service_change", "adult_social_care_charges", "community_service_change", "performers_lists",
        "specialised_retained", "trust_service_closure",
    ]  # fmt: skip


def test_every_text_of_the_catalogue_is_our_own_sentence_and_short():
    for row in table("functions"):
        assert 20 <= len(row["description"]) <= 300 and row["description"].endswith("."), row
        assert len(row["name"]) <= 160 and len(row["note"]) <= 300
