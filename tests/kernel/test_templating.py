"""The Jinja environment, the vendored design system, and the rules that every template keeps."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from django.template import engines
from django.test import RequestFactory
from jinja2 import UndefinedError

from ics_governance import charts, wording
from ics_governance.permissions import Actor
from ics_governance.templating import icon, nhsuk, query

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
VENDORED = ROOT / "static" / "nhsuk"
NBSP = "\u00a0"


def jinja():
    return engines["jinja2"].env


def draw(source: str, **context: object) -> str:
    return jinja().from_string(source).render(context)


def request_of(path: str = "/", user_id: int | None = None):
    request = RequestFactory().get(path)
    request.actor = Actor(user_id, "Hannah Whitfield" if user_id else "")
    return request


# --- Wording ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ on | date }}", f"14{NBSP}January 2027"),
        ("{{ on | date('weekday') }}", f"Thursday 14{NBSP}January 2027"),
        ("{{ on | date('brief') }}", f"14{NBSP}January"),
        ("{{ none | date }}", "not recorded"),
        ("{{ summer | moment }}", f"1{NBSP}July 2026 at 12:30"),
        ("{{ amount | money }}", "£384,000"),
        ("{{ 1150.5 | money }}", "£1,150.50"),
        ("{{ 0 | money }}", "£0"),
        ("{{ 20481 | number }}", "20,481"),
        ("{{ 46.25 | number(1) }}", "46.2"),
        ("{{ 0.67 | percent }}", "67%"),
        ("{{ 21 | signed }} {{ -4 | signed }} {{ 0 | signed }}", "+21 \u22124 0"),
        ("{{ 1 | pluralise('decision') }}, {{ 12 | pluralise('decision') }}", f"1{NBSP}decision, 12{NBSP}decisions"),
        ("{{ 2 | pluralise('body', 'bodies') }}", f"2{NBSP}bodies"),
        ("{{ 1000 | capped }} {{ 12 | capped }}", "1,000+ 12"),
        ("{{ 5 | working_days }}", f"5{NBSP}working{NBSP}days"),
        ("{{ 9 | days_left }}, {{ 0 | days_left }}, {{ -6 | days_left }}", "9 left, due today, 6 over"),
        ("{{ ['a', 'b', 'c'] | joined }}", "a, b and c"),
        ("{{ '' | recorded }} {{ 0 | recorded }}", "not recorded 0"),
    ],
)
def test_values_are_worded_the_same_way_everywhere(source, expected):
    context = {
        "on": date(2027, 1, 14),
        "summer": datetime(2026, 7, 1, 11, 30, tzinfo=UTC),
        "amount": Decimal("384000.00"),
    }
    assert draw(source, **context) == expected


def test_a_style_of_date_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="no such style"):
        wording.day(date(2027, 1, 14), "medium")


# --- The environment ----------------------------------------------------------------------------------------------


def test_a_name_that_is_not_there_is_an_error_and_never_an_empty_place():
    with pytest.raises(UndefinedError):
        draw("{{ decision.titel }}", decision={"title": "Scans"})


def test_what_people_typed_is_escaped_by_our_templates_and_by_the_official_macros():
    typed = "<script>alert(1)</script>"
    assert "<script>" not in draw("{{ typed }}{{ nhsuk.button({'text': typed}) }}", typed=typed)


def test_mails_are_plain_text_and_not_escaped():
    text = (
        jinja()
        .get_template("emails/notification.txt")
        .render(name="D’Arcy & Co", text="It's due.", link="/x", due=None)
    )
    assert "D’Arcy & Co" in text and "It's due." in text


def test_a_query_keeps_the_filters_and_drops_what_is_set_to_none():
    request = RequestFactory().get("/decisions/?kind=d&kind=r&after=xyz&sort=title")
    assert query(request, sort="-due", after=None) == "?kind=d&kind=r&sort=-due"
    assert query(RequestFactory().get("/decisions/?after=x"), after=None) == "/decisions/"


def test_an_icon_is_an_image_with_a_name_or_decoration():
    assert 'role="img" aria-label="agreed"' in icon("i-tick", "agreed")
    assert 'aria-hidden="true"' in icon("i-tick")
    assert "&lt;" in icon("i-tick", "<b>")


# --- Pages that say what is broken --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 429, 500, 503])
def test_an_error_page_is_drawn_without_request_context_and_database(code):
    page = jinja().get_template(f"errors/{code}.html").render()
    assert "<h1" in page and "Not an official NHS England service" in page


def test_the_page_for_500_asks_nobody_who_is_signed_in():
    class Broken:
        def __getattr__(self, name):
            raise AssertionError(f"the page asked the request for {name}")

    page = engines["jinja2"].get_template("errors/500.html").template.render(request=Broken())
    assert "Nothing was changed" in page


def test_the_page_for_403_says_who_can():
    page = engines["jinja2"].get_template("errors/403.html").render({"detail": "This can be done by: ICB executive."})
    assert "This can be done by: ICB executive." in page


def test_the_page_for_404_has_the_same_words_whatever_the_reason():
    template = engines["jinja2"].get_template("errors/404.html")
    assert template.render({"detail": "No Decision matches"}) == template.render({"detail": "Decision 12 is hidden"})


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"])
def test_pages_of_the_sign_in_have_the_same_frame_and_keep_the_policy(client, path):
    response = client.get(path)
    page = response.content.decode()
    assert response.status_code == 200
    assert 'class="app-header"' in page and "Not an official NHS England service" in page
    assert "style=" not in page and "unsafe-inline" not in response["Content-Security-Policy"]


@pytest.mark.django_db
def test_a_failed_sign_in_keeps_the_address_and_says_what_to_mend(client):
    page = client.post("/accounts/login/", {"login": "nobody@demo.test", "password": ""}).content.decode()
    assert 'value="nobody@demo.test"' in page and "There is a problem" in page and 'href="#id_password"' in page


# --- Rules of the house -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_keeps_the_policy_and_the_budget(path):
    text = re.sub(r"\{([#%{]).*?[#%}]\}", "", path.read_text(encoding="utf-8"), flags=re.S)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text), "inline style or handler"
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script, "inline script"
    assert "hx-on" not in text and "hx-vals='js" not in text, "htmx may not evaluate"
    assert path.read_text(encoding="utf-8").count("\n") <= 120


def test_every_jinja_template_compiles():
    for name in jinja().list_templates():
        jinja().get_template(name)


def test_every_icon_that_a_template_names_is_in_the_sprite():
    drawn = set(re.findall(r'symbol id="([\w-]+)"', (ROOT / "static/icons/sprite.svg").read_text()))
    named = {n for path in TEMPLATES for n in re.findall(r'"((?:i|v|m)-[a-z]+)"', path.read_text())}
    assert named and named <= drawn


def test_the_vendored_design_system_names_no_other_host_and_no_licensed_font():
    css, script = (VENDORED / "nhsuk.min.css").read_text(), (VENDORED / "nhsuk.min.js").read_text()
    assert not re.search(r"https?://|@font-face|Frutiger", css) and not re.search(r"https?://", script)
    for image in set(re.findall(r"url\(([^)]+)\)", css)):
        assert (VENDORED / image).exists()
    assert not list(VENDORED.rglob("*logo*")) and (VENDORED / "LICENSE").exists()


def test_stylesheet_and_macros_are_the_versions_that_belong_together():
    assert "nhsuk-frontend 10.6.1" in (VENDORED / "nhsuk.min.css").read_text()[:200]
    assert version("nhsuk-frontend-jinja") == "0.10.2"


def test_the_page_on_scores_says_what_the_framework_says():
    framework = yaml.safe_load((ROOT / "collaboration/frameworks/collaboration-2022.yaml").read_text(encoding="utf-8"))
    page = " ".join(re.sub(r"<[^>]+>", " ", draw_page("pages/how_scores_are_made.html")).split())
    for row in framework["indicators"]:
        if row["registered"]:
            figures = f"{row['floor']:.2f} {row['target']:.2f} {row['minimum']} "
            assert re.search(rf"{row['code']}[ ,][^£]*? {re.escape(figures)}", page), row["code"]
    for source, weight in framework["source_weights"].items():
        assert f"{weight}" in page, source
    questions = [k for c in framework["characteristics"] for k in c["kloes"]]
    assert f"{len(questions)} key lines of enquiry" in page


def draw_page(name: str) -> str:
    return jinja().get_template(name).render()


# --- Our own loops equal the official macros ----------------------------------------------------------------------


class Shape(HTMLParser):
    """Tags, official classes, attributes and words in order; what is only ours (app-, n, data-l) is left out."""

    OURS = {"data-l", "id"}

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []

    def handle_starttag(self, tag, attrs):
        kept = {key: value for key, value in attrs if key not in self.OURS and key != "class"}
        classes = [c for c in dict(attrs).get("class", "").split() if c.startswith("nhsuk-")]
        self.seen.append((tag, tuple(classes), tuple(sorted(kept.items(), key=str))))

    def handle_endtag(self, tag):
        self.seen.append(f"/{tag}")

    def handle_data(self, data):
        if data.strip():
            self.seen.append(" ".join(data.split()))


def shape(html: object) -> list[object]:
    parser = Shape()
    parser.feed(str(html))
    return parser.seen


TABLE = """{% from "components/tables.html" import table, th, td %}
{% call(row) table("Meetings", ["Meeting", {"text": "Points", "n": true}], rows, cards=cards) %}
{{ th(row[0]) }}{{ td("Points", row[1], n=true, href=row[2]) }}
{% endcall %}"""
ROWS = [("Place board", "4.0", ""), ("Committee", "3.5", "/m/2/")]


def macro_table(**options: object) -> str:
    head = [{"text": "Meeting"}, {"text": "Points", "format": "numeric"}]
    rows = [[{"text": n}, {"text": p, "format": "numeric", "href": h}] for n, p, h in ROWS]
    return str(nhsuk.table({"caption": "Meetings", "head": head, "rows": rows, "firstCellIsHeader": True, **options}))


def test_a_table_of_our_loop_equals_the_macros():
    ours = draw(TABLE, rows=ROWS, cards="").replace(' role="rowheader"', "").replace(' role="cell"', "")
    assert shape(ours) == shape(macro_table())


def test_a_table_that_becomes_cards_has_the_roles_of_the_macros_responsive_table():
    macro = macro_table(responsive=True).replace(" nhsuk-table--responsive", "")
    macro = re.sub(r'<span class="nhsuk-table__heading" aria-hidden="true">[^<]*</span>', "", macro)
    ours = draw(TABLE, rows=ROWS, cards="1")
    assert shape(
        ours.replace('<tbody class="nhsuk-table__body" role="rowgroup">', '<tbody class="nhsuk-table__body">')
    ) == shape(macro)
    assert ours.count('data-l="Points"') == len(ROWS)


def test_a_sortable_head_equals_the_macros():
    request = RequestFactory().get("/x/?kind=d")
    ours = draw(
        '{% from "components/tables.html" import table %}'
        '{% call(r) table("M", [{"text": "Name", "sort": "name"}, {"text": "Due", "sort": "due"}], [], cards="", '
        'request=request, sort="name") %}{% endcall %}',
        request=request,
    )
    macro = nhsuk.table(
        {
            "caption": "M",
            "head": [
                {"text": "Name", "sort": "ascending", "href": "?kind=d&sort=-name"},
                {"text": "Due", "sort": True, "href": "?kind=d&sort=due"},
            ],
        }
    )
    assert shape(ours) == shape(macro)


def test_summary_list_crumbs_and_details_equal_the_macros():
    ours = draw(
        '{% from "components/page.html" import summary_list %}'
        '{{ summary_list([("A", "1", [("Change", "/a/")]), ("B", "2")]) }}'
    )
    action = {"text": "Change", "href": "/a/", "visuallyHiddenText": "a"}
    macro = nhsuk.summaryList(
        {
            "rows": [
                {"key": {"text": "A"}, "value": {"text": "1"}, "actions": {"items": [action]}},
                {"key": {"text": "B"}, "value": {"text": "2"}},
            ]
        }
    )
    assert shape(ours) == shape(macro)
    ours = draw(
        '{% from "components/page.html" import crumb_trail %}{{ crumb_trail([("A", "/a/"), ("B", "/b/")], "") }}'
    )
    macro = nhsuk.breadcrumb({"items": [{"text": "A", "href": "/a/"}, {"text": "B", "href": "/b/"}]})
    assert shape(ours)[1:-1] == shape(macro)
    ours = draw('{% from "components/page.html" import details %}{% call details("S") %}<p>x</p>{% endcall %}')
    assert shape(ours) == shape(nhsuk.details({"summaryText": "S", "html": "<p>x</p>"}))


# --- Charts -------------------------------------------------------------------------------------------------------


def months(values, **extra):
    return [charts.Reading(date(2025 + i // 12, i % 12 + 1, 1), v, **extra) for i, v in enumerate(values)]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize(("centre", "lower", "upper"), [(50, 49, 51), (2, 0, 4), (98, 97, 120)])
def test_labels_of_a_chart_never_cover_each_other_and_stay_inside(narrow, centre, lower, upper):
    chart = charts.xmr(months([50] * 14), centre, lower, upper, narrow=narrow)
    spots = [level.label_y for level in chart.levels]
    assert all(b - a >= (30 if narrow else 16) for a, b in zip(spots, spots[1:], strict=False))
    assert all(0 < spot <= chart.height for spot in spots)
    assert all(chart.top <= level.y <= chart.bottom for level in chart.levels)


def test_a_period_without_a_value_breaks_the_line_and_has_no_point():
    chart = charts.rolling(months([50, 51, None, 52, 53]))
    assert len(chart.lines) == 2 and len(chart.points) == 4


def test_the_last_point_says_why_it_stands_out():
    readings = [*months([50] * 13), charts.Reading(date(2026, 2, 1), 12, "concern", "outside the limits")]
    assert charts.xmr(readings, 50, 30, 70).note[2] == "February 12: outside the limits"
    assert charts.xmr(months([50] * 13), 50, 30, 70).note is None


@pytest.mark.parametrize("count", [0, 1, 2, 13, 24, 60])
def test_a_chart_of_any_length_can_be_laid_out(count):
    for narrow in (False, True):
        chart = charts.xmr(months([50] * count), 50, 30, 70, narrow=narrow)
        xs = [x for x, _, _ in chart.x_ticks]
        assert xs == sorted(xs) and len(set(xs)) == len(xs)


def test_a_clock_has_one_block_for_each_working_day():
    kinds = [kind for _, _, kind in charts.clock(21, 30, [(11, 5)])]
    assert (kinds.count("used"), kinds.count("paused"), kinds.count("left")) == (21, 5, 9)
    assert kinds[11:16] == ["paused"] * 5
    kinds = [kind for _, _, kind in charts.clock(26, 20)]
    assert (kinds.count("used"), kinds.count("over")) == (20, 6)
    assert charts.clock(0, 0) == []


def test_a_score_without_enough_evidence_shows_no_number():
    cell = draw('{% from "components/scores.html" import band_cell %}{{ band_cell(41, "none", none, "/p/") }}')
    assert "41" not in cell and "not enough evidence" in cell
