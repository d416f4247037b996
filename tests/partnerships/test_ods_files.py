"""Files of the national register: each layout is read by its content, and a bad file is refused with its lines."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerships import ods
from partnerships.england import read as read_england
from partnerships.ods import BadExtract, Held, Outcome
from tests.partnerships.ods_rows import (
    AIREDALE,
    LEEDS,
    LONG_GONE,
    MANCHESTER,
    NEW,
    WELSH,
    as_json,
    line,
    ord_full,
    r4,
    stu3,
    table,
)

TODAY = date(2026, 11, 22)
ICBS = [
    Held("Y63", "region", "North East and Yorkshire"),
    Held("Y62", "region", "North West"),
    Held("QWO", "icb", "NHS West Yorkshire Integrated Care Board", date(2022, 7, 1), region="Y63"),
    Held("QOP", "icb", "NHS Greater Manchester Integrated Care Board", date(2022, 7, 1), region="Y62"),
    Held("QNX", "icb", "NHS Sussex Integrated Care Board", date(2022, 7, 1), date(2026, 3, 31), region="Y63"),
]
AIREDALE_HELD = Held("RCF", "trust", "Airedale NHS Foundation Trust", date(2022, 7, 1), foundation=True, icb="QWO")


def register(*held: Held) -> dict[str, Held]:
    return {each.code: each for each in (*ICBS, *held)}


def compared(data: bytes, *held: Held) -> ods.Comparison:
    return ods.compare(ods.read(data), register(*held), TODAY)


def only_row(data: bytes, *held: Held) -> ods.Row:
    (row,) = compared(data, *held).rows
    return row


def problems(data: bytes) -> list[str]:
    with pytest.raises(BadExtract) as refused:
        ods.read(data)
    return [str(problem) for problem in refused.value.problems]


# --- layouts ------------------------------------------------------------------------------------------------------


def test_a_table_of_trusts_is_known_by_its_content():
    extract = ods.read(table(AIREDALE, WELSH))
    (first, second) = extract.said
    assert extract.layout == "etr"
    assert (first.line, first.code, first.kind, first.name) == (1, "RCF", "trust", "AIREDALE NHS FOUNDATION TRUST")
    assert (first.region, first.icb, first.opened, first.closed) == ("Y63", "QWO", date(2022, 7, 1), None)
    assert first.foundation and (second.region, second.icb, second.foundation) == ("", "", False)


def test_a_table_of_boards_is_known_by_its_content():
    extract = ods.read(table(line("QWO", "NHS WEST YORKSHIRE INTEGRATED CARE BOARD", "Y63", "", "20200401")))
    assert extract.layout == "icb"
    assert (extract.said[0].kind, extract.said[0].region, extract.said[0].icb) == ("icb", "Y63", None)


def test_a_byte_order_mark_blank_lines_and_a_last_line_without_its_end_do_no_harm():
    data = b"\xef\xbb\xbf" + table(AIREDALE, "", LEEDS).rstrip()
    assert [(said.line, said.code) for said in ods.read(data).said] == [(1, "RCF"), (3, "RR8")]


def test_stu3_is_read_alone_and_in_a_bundle():
    one = stu3("RCF", "AIREDALE NHS FOUNDATION TRUST")
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": one}, {"resource": stu3("B83", "A PRACTICE", role="177")}],
    }
    for content, kinds in ((one, ["trust"]), (bundle, ["trust", ""])):
        extract = ods.read(as_json(content))
        assert extract.layout == "fhir"
        assert [said.kind for said in extract.said] == kinds
        assert (extract.said[0].code, extract.said[0].opened) == ("RCF", date(2022, 7, 1))
        assert extract.said[0].icb is None and extract.said[0].region is None


def test_r4_prefers_the_legal_dates_and_skips_affiliations():
    closed = r4("RCF", "AIREDALE NHS TRUST", legal=("2022-07-01", "2026-10-31"), roles=("RO197", "RO57"))
    affiliation = {"resourceType": "OrganizationAffiliation", "id": "1"}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": closed}, {"resource": affiliation}]}
    (said,) = ods.read(as_json(bundle)).said
    assert (said.opened, said.closed, said.ended, said.foundation) == (date(2022, 7, 1), date(2026, 10, 31), True, True)


def test_an_icb_is_told_from_the_parts_of_its_area():
    board = r4("QWO", "NHS WEST YORKSHIRE INTEGRATED CARE BOARD", roles=("RO261", "RO318"))
    part = r4("15F", "NHS WEST YORKSHIRE ICB - 15F", roles=("RO98", "RO319"))
    bundle = {"resourceType": "Bundle", "entry": [{"resource": board}, {"resource": part}]}
    assert [said.kind for said in ods.read(as_json(bundle)).said] == ["icb", ""]


def test_ord_tells_the_icb_and_the_region_that_are_in_force():
    (said,) = ods.read(as_json(ord_full("RCF", "AIREDALE NHS FOUNDATION TRUST"))).said
    assert (said.kind, said.icb, said.region, said.opened) == ("trust", "QWO", "Y63", date(2022, 7, 1))
    several = {"Organisations": [ord_full("RCF", "AIREDALE NHS FOUNDATION TRUST")]}
    assert ods.read(as_json(several)).said == (said,)


def test_the_short_form_of_ord_has_no_dates():
    row = {"Name": "AIREDALE NHS FOUNDATION TRUST", "OrgId": "RCF", "Status": "Inactive", "PrimaryRoleId": "RO197"}
    extract = ods.read(as_json({"Organisations": [row]}))
    assert (extract.layout, extract.said[0].kind, extract.said[0].ended) == ("ord", "trust", True)
    assert only_row(as_json({"Organisations": [row]}), AIREDALE_HELD).note.startswith("The file says that it closed")


# --- bad files ----------------------------------------------------------------------------------------------------

CUT = table(AIREDALE, LEEDS).rstrip()[:-20]
WITHOUT_A_COLUMN = table(*(each.replace(',"AB1 2CD"', "") for each in (AIREDALE, LEEDS)))
BAD = [
    (b"", ["The file is empty: there is no organisation in it."]),
    (b"\r\n \r\n", ["The file is empty: there is no organisation in it."]),
    (b"PK\x03\x04", ["This is a packed file: unpack it, and choose the table in it."]),
    (b"<html>", ["This is XML or a web page: choose the table (CSV), FHIR JSON or ORD JSON."]),
    (table(AIREDALE) + b"caf\xe9", ["Line 2: there are signs that are not UTF-8; save the file as UTF-8."]),
    (WITHOUT_A_COLUMN, ["Every line has 26 columns, and this layout has 27: a column is missing."]),
    (
        table(AIREDALE, LEEDS.replace(',"AB1 2CD"', "")),
        ["Line 2: it has 26 columns in place of 27: cut off or a column is missing."],
    ),
    (
        table(line("RCF", "A NHS TRUST", opened="2022-07-01"), line("RR8", "LEEDS NHS TRUST", closed="20260231")),
        [
            "Line 1: “2022-07-01” is not an opening date like 20260401.",
            "Line 2: “20260231” is not a closing date like 20260401.",
        ],
    ),
    (table(AIREDALE, LEEDS, AIREDALE), ["Line 3: the code RCF stands on line 1 already."]),
    (
        table(line("RCF", "AIREDALE NHS TRUST", opened="20220701", closed="20210101")),
        ["Line 1: it closes on 1 January 2021, before it opens on 1 July 2022."],
    ),
    (b"# A heading\nwith, words\n", ["No line has 27 columns: this is not a table of the national register."]),
    (table(line("RCF", "")), ["Line 1: the name is missing."]),
    (table(line("RCF", "A\x07 NHS TRUST")), ["Line 1: there are signs in it that are not text."]),
    (
        table(line("Organisation Code", "NHS TRUST")),
        ["Line 1: “ORGANISATION CODE” is not an organisation code "
            "(there is no header line, and column 1 is the code)."],
    ),
    (table(line("RCF", "NHS TRUST " * 30)), ["Line 1: the name is longer than 200 letters."]),
    (table(line("B83", "THE SURGERY")), ["No row of the file is an NHS trust or an integrated care board."]),
    (as_json({"resourceType": "Patient"}), [
        "This JSON is neither a FHIR Organization or Bundle nor an ORD Organisation or list of them."
    ]),
    (as_json([1]), ["This JSON is neither a FHIR Organization or Bundle nor an ORD Organisation or list of them."]),
    (b'{"Organisation":\n{"Name": "A', ["Line 2: the JSON breaks off or is not JSON."]),
    (b"[" * 100_000, ["The JSON cannot be read: it is nested too deeply or holds impossible numbers."]),
    (as_json({"Organisation": {"Name": "A"}}), [
        "Line 1: it is not an organisation as the national register writes one."
    ]),
    (as_json(stu3("RCF", "AIREDALE NHS TRUST", start="soon")), ["Line 1: “soon” is not a date like 2026-04-01."]),
]  # fmt: skip


@pytest.mark.parametrize(("data", "told"), BAD, ids=[told[0][:60] for _, told in BAD])
def test_a_bad_file_is_refused_as_a_whole_with_its_lines(data, told):
    assert problems(data) == told


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04 xl/workbook.xml", "This is an Excel workbook: save its table as CSV"),
        (b"PK\x03\x04 etr.csv", "This is a packed file"),
        (table(AIREDALE).replace(b",", b";"), "Its columns are parted by semicolons"),
        (b"a\nb\n", "Every line has 1 column, and this layout has 27"),
    ],
)
def test_a_file_saved_in_another_way_is_told_from_a_broken_one(data, told):
    with pytest.raises(BadExtract, match=told):
        ods.read(data)


def test_a_file_that_was_cut_off_is_refused_wherever_the_cut_fell():
    whole = table(AIREDALE, LEEDS).rstrip()
    for cut in range(len(whole) - 1, whole.index(b'"RR8"'), -1):
        assert problems(whole[:cut]), whole[:cut]
    inside = problems(table(AIREDALE, LEEDS).rstrip()[:-1])  # within the last quotation marks
    assert inside == ["Line 2: it cannot be read: a quotation mark is not closed, or the file is cut off."]
    assert problems(CUT)[0] == "Line 2: it has 21 columns in place of 27: cut off or a column is missing."


def test_a_quotation_mark_that_is_not_closed_is_refused_with_its_line():
    assert problems(table(AIREDALE, LEEDS.replace('HOSPITALS NHS TRUST"', "HOSPITALS NHS TRUST")))[0].startswith(
        "Line 2"
    )


@given(st.binary(max_size=300))
def test_whatever_bytes_come_are_read_or_refused(data):
    try:
        ods.read(data)
    except BadExtract as refused:
        assert refused.problems


KEYS = [
    "resourceType", "entry", "resource", "extension", "url", "Name", "OrgId", "Date", "Roles", "Role", "Rels", "Rel",
    "identifier", "name", "id", "valuePeriod", "Type", "Start",
]  # fmt: skip
WORDS = st.sampled_from(["RO197", "RCF", "Legal", "2026-01-01"])
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


@given(JSONS, st.sampled_from(["Organization", "Bundle", "ord", "list"]))
def test_whatever_json_comes_is_read_or_refused(content, kind):
    inside = content if isinstance(content, dict) else {"entry": content}
    wrapped = {
        "Organization": inside | {"resourceType": "Organization"},
        "Bundle": {"resourceType": "Bundle", "entry": content},
        "ord": {"Organisation": content},
        "list": {"Organisations": [content]},
    }[kind]
    try:
        ods.read(as_json(wrapped))
    except BadExtract as refused:
        assert refused.problems


# --- comparing ----------------------------------------------------------------------------------------------------


def test_what_says_the_same_in_capitals_is_unchanged():
    comparison = compared(table(AIREDALE), AIREDALE_HELD)
    assert (comparison.rows, comparison.unchanged) == ((), 1)


def test_a_new_trust_is_created_with_a_name_in_sentence_case():
    row = only_row(table(NEW))
    assert (row.outcome, row.name) == (Outcome.CREATED, "St. Anne's and Wharfe-on-Sea NHS Foundation Trust")
    assert row.changes == {
        "kind": (None, "trust"),
        "name": (None, row.name),
        "opened": (None, "2026-09-01"),
        "is_foundation_trust": (None, True),
        "icb": (None, "QWO"),
    }


LEFT_ALONE = [
    (WELSH, "It has no English region, so it lies outside England; this register is of England."),
    (LONG_GONE, "It closed on 26 March 2020, before integrated care boards began on 1 July 2022."),
    (line("RX9", "A NHS TRUST", icb="QNX"), "Its integrated care board QNX is closed or not open yet."),
    (
        line("RX9", "A NHS TRUST", icb="QZZ"),
        "Its integrated care board QZZ is not in the register; import the extract of ICBs first.",
    ),
    (line("RX9", "A NHS TRUST", icb=""), "The file names no integrated care board for it."),
    (line("RX9", "A NHS TRUST", "Y99"), "Its region Y99 is not in the register."),
    (line("QWO", "A NHS TRUST"), "The register holds another kind of body under this code."),
]


@pytest.mark.parametrize(("row", "why"), LEFT_ALONE)
def test_what_is_not_known_here_is_left_alone_with_the_reason(row, why):
    found = only_row(table(row))
    assert (found.outcome, found.changes, found.note) == (Outcome.UNKNOWN, {}, why)


def test_other_kinds_of_body_are_left_alone():
    found = compared(table(AIREDALE, line("B83", "THE SURGERY")), AIREDALE_HELD)
    assert [row.note for row in found.rows] == [
        "It is neither an NHS trust nor an integrated care board; other bodies are entered by hand."
    ]


def test_a_curated_record_outranks_the_file():
    row = only_row(
        table(line("RCF", "AIREDALE NHS TRUST", icb="QOP", opened="20200101", closed="20261031")), AIREDALE_HELD
    )
    assert row.outcome == Outcome.DIFFERS
    assert row.changes == {
        "name": ("Airedale NHS Foundation Trust", "Airedale NHS Trust"),
        "opened": ("2022-07-01", "2020-01-01"),
        "closed": (None, "2026-10-31"),
        "is_foundation_trust": (True, False),
    }
    assert row.note == "Ticked, it is closed."


def test_a_gap_of_a_curated_record_is_filled():
    held = Held("RCF", "trust", "Airedale NHS Foundation Trust", None, foundation=True)
    row = only_row(table(AIREDALE), held)
    assert (row.outcome, row.changes) == (Outcome.CHANGED, {"opened": (None, "2022-07-01"), "icb": (None, "QWO")})


def test_what_an_import_recorded_follows_the_next_one():
    held = Held("RCF", "trust", "Airedale Trust", date(2022, 7, 1), foundation=True, icb="QOP", curated=False)
    row = only_row(table(AIREDALE), held)
    assert (row.outcome, set(row.changes)) == (Outcome.CHANGED, {"name", "icb"})
    gone = only_row(table(AIREDALE.replace(',"20220701",""', ',"20220701","20261031"')), held)
    assert (gone.outcome, gone.changes["closed"]) == (Outcome.CLOSED, (None, "2026-10-31"))


def test_a_former_name_in_the_file_is_recognised():
    held = Held("RCF", "trust", "Wharfedale NHS Foundation Trust", date(2022, 7, 1), foundation=True, icb="QWO",
                former=("Airedale NHS Foundation Trust",))  # fmt: skip
    assert only_row(table(AIREDALE), held).note == "It bore the file's name before."


def test_whoever_would_open_a_merged_body_again_is_told_what_it_merged_into():
    held = Held("RCF", "trust", "Airedale NHS Foundation Trust", date(2022, 7, 1), date(2026, 10, 31), True, "QWO",
                became="merged into Aire Valley on 1 November 2026")  # fmt: skip
    assert only_row(table(AIREDALE), held).note == (
        "It merged into Aire Valley on 1 November 2026: ticked, it is open again beside that."
    )


def test_the_code_of_a_board_is_older_than_the_board():
    board = line("QOX", "NHS BATH INTEGRATED CARE BOARD", "Y63", "", "20160401")
    row = only_row(table(board))
    assert row.changes == {
        "kind": (None, "icb"),
        "name": (None, "NHS Bath Integrated Care Board"),
        "opened": (None, "2022-07-01"),
        "region": (None, "Y63"),
    }


def test_a_trust_may_belong_to_a_board_of_the_same_file():
    board = line("QOX", "NHS BATH INTEGRATED CARE BOARD", "Y63", "", "20260401")
    trust = line("RX9", "A NHS TRUST", icb="QOX")
    assert [row.outcome for row in compared(table(trust, board)).rows] == [Outcome.CREATED, Outcome.CREATED]
    lost = line("QOX", "NHS BATH INTEGRATED CARE BOARD", "Y99", "", "20260401")
    assert [row.outcome for row in compared(table(trust, lost)).rows] == [Outcome.UNKNOWN, Outcome.UNKNOWN]


def test_closed_trusts_are_not_compared_by_todays_boards():
    held = Held("RCF", "trust", "Airedale NHS Foundation Trust", date(2022, 7, 1), date(2025, 3, 31), True, icb="QNX")
    closed = AIREDALE.replace(',"20220701",""', ',"20220701","20250331"')
    assert compared(table(closed), held).unchanged == 1


# --- names --------------------------------------------------------------------------------------------------------


def test_every_name_of_the_reference_tables_comes_back_from_its_capitals():
    names = [body.name for body in read_england().bodies if body.kind in ("trust", "icb", "local_authority")]
    assert [name for name in names if ods.titled(name.upper()) != name] == []


@pytest.mark.parametrize(
    ("capitals", "written"),
    [
        ("LANCASHIRE & SOUTH CUMBRIA NHS TRUST", "Lancashire and South Cumbria NHS Trust"),
        ("THE O'NEILL AND MCMILLAN TRUST", "The O'Neill and McMillan Trust"),
        ("ST MARY'S, STOKE-ON-TRENT (NORTH)", "St Mary's, Stoke-on-Trent (North)"),
        ("Already Written NHS trust", "Already Written NHS trust"),
    ],
)
def test_a_name_in_capitals_is_written_as_in_a_sentence(capitals, written):
    assert ods.titled(capitals) == written


@given(st.text(alphabet="abcdefgh ABCDEFGH'&.-", max_size=30))
def test_writing_a_name_keeps_what_it_is_compared_by(name):
    assert ods.folded(ods.titled(name.upper())) == ods.folded(name)
    assert ods.titled(ods.titled(name.upper())) == ods.titled(name.upper())


ROWS = st.builds(
    line,
    code=st.sampled_from(["RCF", "RX9", "RR8", "R0A"]),
    name=st.sampled_from(["AIREDALE NHS FOUNDATION TRUST", "LEEDS NHS TRUST", "A SURGERY"]),
    region=st.sampled_from(["Y63", "Y62", "", "Y99"]),
    icb=st.sampled_from(["QWO", "QOP", "QNX", "", "QZZ"]),
    opened=st.sampled_from(["", "20190401", "20260901"]),
    closed=st.sampled_from(["", "20200331", "20270331"]),
)


@given(st.lists(ROWS, min_size=1, max_size=4, unique_by=lambda row: row[:6]), st.booleans())
def test_each_row_has_one_outcome_and_says_each_change_from_what_is_held(rows, curated):
    """Against the plain rule: after the changes of a row the file has nothing more to say about that body."""
    held = {"RCF": Held("RCF", "trust", "Airedale NHS Trust", date(2022, 7, 1), icb="QWO", curated=curated)}
    try:
        extract = ods.read(table(*rows, line("RJ1", "PLAIN NHS TRUST")))
    except BadExtract:
        return
    comparison = ods.compare(extract, register(*held.values()), TODAY)
    assert len(comparison.rows) + comparison.unchanged == len(extract.said)
    for row in comparison.rows:
        if row.outcome == Outcome.UNKNOWN:
            assert row.note and not row.changes
            continue
        now = {"name": row.name, "opened": None, "closed": None, "is_foundation_trust": False, "icb": None}
        if row.code in held:
            now |= {"name": "Airedale NHS Trust", "opened": "2022-07-01", "icb": "QWO"}
        now |= {field: after for field, (_, after) in row.changes.items()}
        made = Held(row.code, "trust", str(now["name"]), _day(now["opened"]), _day(now["closed"]),
                    bool(now["is_foundation_trust"]), now["icb"])  # fmt: skip
        again = ods.compare(extract, register(*held.values()) | {row.code: made}, TODAY)
        assert row.code not in {other.code for other in again.rows if other.changes}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def test_manchester_is_held_by_its_own_region():
    held = Held("R0A", "trust", "Manchester University NHS Foundation Trust", date(2022, 7, 1), None, True, "QOP")
    assert compared(table(MANCHESTER), held).unchanged == 1
