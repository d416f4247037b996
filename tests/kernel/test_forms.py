"""Form fields of the design system: what was typed stays, errors say how to mend them and where."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django import forms as django_forms
from django.http import QueryDict
from django.template import engines
from django.utils.safestring import mark_safe

from ics_governance import forms

KINDS = [("decide", "Decide"), ("recommend", "Recommend")]


def test_a_label_that_begins_with_an_article_is_put_into_a_sentence():
    field = forms.ChoiceField(label="A named post", choices=KINDS)
    forms.word_errors(field, "A named post")
    assert field.error_messages["invalid_choice"] == "Select a named post from the list"


class DecisionForm(forms.Form):
    title = forms.CharField(label="Title", max_length=20)
    text = forms.CharField(
        label="Decision, as published", widget=forms.Textarea, required=False, help_text="One sentence."
    )
    kind = forms.ChoiceField(label="Kind", choices=[("", "---------"), *KINDS])
    mode = forms.ChoiceField(label="How it was taken", choices=KINDS, widget=forms.RadioSelect)
    aims = forms.MultipleChoiceField(label="Aims", choices=KINDS, widget=forms.CheckboxSelectMultiple, required=False)
    amount = forms.MoneyField(label="Amount", required=False)
    members = forms.IntegerField(label="Members", min_value=1, required=False)
    due = forms.DateField(label="Due date", example=date(2027, 4, 15))
    seen = forms.BooleanField(label="The chair has seen this")
    token = forms.CharField(widget=forms.HiddenInput, required=False)


GOOD = {
    "title": "Scans",
    "kind": "decide",
    "mode": "decide",
    "amount": "£1,200",
    "due_day": "14",
    "due_month": "January",
    "due_year": "2027",
    "seen": "on",
}


def filled(**changes):
    form = DecisionForm({**GOOD, **changes})
    form.is_valid()
    return form


def texts(form) -> dict[str, str]:
    return {entry.get("href", ""): entry["text"] for entry in form.error_list()}


def draw(source: str, **context) -> str:
    return engines["jinja2"].env.from_string(source).render(context)


def test_a_complete_form_is_clean():
    form = filled()
    assert not form.errors
    assert form.cleaned_data["amount"] == Decimal("1200.00")
    assert form.cleaned_data["due"] == date(2027, 1, 14)


# --- Drawing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["999,999,999,999,999", "1,000,000,000,000.555", "0.125"])
def test_an_amount_that_does_not_fit_is_refused_in_plain_words(typed):
    form = DecisionForm(GOOD | {"amount": typed})
    assert form.errors["amount"] == ["Amount must be less than £1,000,000,000,000, in pounds and whole pence"]


def test_a_field_draws_its_whole_group_in_a_template():
    html = draw("{{ form.text }}", form=DecisionForm(initial={"text": "Agreed & minuted"}))
    assert '<label class="nhsuk-label" for="id_text">' in html and "Decision, as published (optional)" in html
    assert 'id="id_text-hint"' in html and 'aria-describedby="id_text-hint"' in html
    assert ">Agreed &amp; minuted</textarea>" in html


def test_what_was_typed_is_kept_when_it_is_wrong():
    form = filled(title="A title that is far too long", amount="lots", due_day="31", due_month="2", kind="nothing")
    assert 'value="A title that is far too long"' in str(form["title"])
    assert 'value="lots"' in str(form["amount"])
    assert re.findall(r'value="(31|2|2027)"', str(form["due"])) == ["31", "2", "2027"]
    assert 'value="decide" checked' in str(form["mode"])


def test_what_was_typed_cannot_break_out_of_the_page():
    form = filled(title='"><script>x</script>', text="</textarea><script>x</script>")
    assert "<script>" not in str(form["title"]) + str(form["text"])


def test_lines_of_a_text_are_kept_as_they_are():
    assert ">One\n  two\n\nthree</textarea>" in str(DecisionForm(initial={"text": "One\n  two\n\nthree"})["text"])


def test_a_date_has_three_boxes_in_a_fieldset_and_takes_a_date():
    html = str(DecisionForm(initial={"due": date(2027, 4, 5)})["due"])
    assert "<fieldset" in html and "<legend" in html and "For example, 15 4 2027" in html
    assert re.findall(r'name="(due_\w+)"', html) == ["due_day", "due_month", "due_year"]
    assert re.findall(r'value="(\d+)"', html) == ["5", "4", "2027"]


def test_money_is_drawn_with_its_pound_sign_and_thousands():
    html = str(DecisionForm(initial={"amount": Decimal("384000.00")})["amount"])
    assert 'value="384,000"' in html and "nhsuk-input-wrapper__prefix" in html and 'type="text"' in html
    assert "1,150.50" in str(DecisionForm(initial={"amount": Decimal("1150.50")})["amount"])


def test_radios_leave_out_the_empty_choice_and_show_hints_and_conditional_fields():
    class Form(forms.Form):
        mode = forms.ChoiceField(label="Mode", choices=[("", "---------"), *KINDS], widget=forms.RadioSelect)
        design = {"mode": {"hints": {"decide": "Binding"}, "inline": True}}

    form = Form()
    html = form["mode"].group(conditional={"recommend": mark_safe("<p>To whom</p>")})
    assert html.count('type="radio"') == 2
    assert "Binding" in html and "<p>To whom</p>" in html and "nhsuk-radios--inline" in html


def test_every_control_has_an_id_of_its_own_that_its_label_names():
    html = draw("{% for field in form %}{{ field }}{% endfor %}", form=DecisionForm())
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert not [name for name in set(ids) if ids.count(name) > 1]
    controls = re.findall(r'<(?:input|select|textarea)[^>]*\bid="([^"]+)"', html)
    assert set(re.findall(r'<label[^>]*\bfor="([^"]+)"', html)) <= set(controls)


def test_options_begin_with_a_capital_and_an_empty_one_has_a_word():
    class Choosing(forms.Form):
        kind = forms.ChoiceField(choices=[("", "---------"), ("decide", "decide"), ("nhs", "NHS only")])

    html = draw("{{ form.kind }}", form=Choosing())
    assert re.findall(r">([^<>]+)</option>", html) == ["None", "Decide", "NHS only"]


def test_a_form_is_laid_out_in_its_parts():
    class Long(forms.Form):
        name = forms.CharField()
        starts = forms.DateField()
        ends = forms.DateField()
        parts = [("Who", "One sentence.", ["name"]), ("When", "", [("starts", "ends")])]

    html = draw("{% from 'components/forms.html' import fields %}{{ fields(form) }}", form=Long())
    assert html.index("Who</h2>") < html.index("One sentence.") < html.index('id="id_name"') < html.index("When</h2>")
    assert html.count("app-row--2") == 1


def test_a_number_is_typed_as_text_so_that_a_wheel_cannot_change_it():
    html = str(DecisionForm()["members"])
    assert 'type="text"' in html and 'inputmode="numeric"' in html and "min=" not in html


def test_a_field_that_a_draft_still_lacks_says_so():
    form = DecisionForm()
    form.needed = frozenset({"text"})
    assert "app-miss" in str(form["text"]) and "Still needed. One sentence." in str(form["text"])
    assert "Still needed" not in str(form["title"])


def test_a_form_of_drafts_does_not_call_its_fields_optional():
    class Draft(DecisionForm):
        mark_optional = False

    assert "(optional)" not in str(Draft()["text"])
    assert "(optional)" not in str(DecisionForm()["seen"])


def test_htmx_attributes_reach_the_control():
    assert 'hx-post="/authority/"' in DecisionForm()["amount"].group(attributes={"hx-post": "/authority/"})


def test_a_hidden_field_is_only_its_input():
    assert str(DecisionForm()["token"]).startswith('<input type="hidden"')


def test_a_password_is_never_sent_back():
    class Form(forms.Form):
        secret = forms.CharField(label="Password", widget=forms.PasswordInput)

    assert "hunter2" not in str(Form({"secret": "hunter2"})["secret"])


# --- Errors -------------------------------------------------------------------------------------------------------


def test_every_error_names_its_field_and_links_to_the_control():
    form = DecisionForm({})
    form.is_valid()
    assert texts(form) == {
        "#id_title": "Enter title",
        "#id_kind": "Select kind",
        "#id_mode": "Select how it was taken",
        "#id_due_day": "Enter due date",
        "#id_seen": "Tick “The chair has seen this” to go on",
    }
    html = "".join(str(form[name]) for name in form.fields)
    for target in texts(form):
        assert f'id="{target[1:]}"' in html


@pytest.mark.parametrize(
    ("changes", "target", "text"),
    [
        ({"title": "x" * 21}, "#id_title", "Title must be 20 characters or fewer"),
        ({"amount": "lots"}, "#id_amount", "Amount must be an amount in pounds, like 384,000"),
        ({"amount": "-5"}, "#id_amount", "Amount must be 0 or more"),
        ({"members": "0"}, "#id_members", "Members must be 1 or more"),
        ({"members": "some"}, "#id_members", "Members must be a whole number"),
        ({"kind": "other"}, "#id_kind", "Select kind from the list"),
        (
            {"amount": "1234567890123456"},
            "#id_amount",
            "Amount must be less than £1,000,000,000,000, in pounds and whole pence",
        ),
        ({"due_month": ""}, "#id_due_month", "Due date must include a month"),
        ({"due_day": "", "due_year": ""}, "#id_due_day", "Due date must include a day and a year"),
        ({"due_day": "31", "due_month": "2"}, "#id_due_day", "Due date must be a real date"),
        ({"due_month": "13"}, "#id_due_day", "Due date must be a real date"),
        ({"due_month": "foo"}, "#id_due_month", "Due date must be a real date"),
        ({"due_year": "27"}, "#id_due_year", "Due date must have a year of 4 numbers"),
        ({"due_day": "9" * 30}, "#id_due_day", "Due date must be a real date"),
        ({"due_year": "²027"}, "#id_due_year", "Due date must have a year of 4 numbers"),
    ],
)
def test_an_error_says_how_to_mend_it(changes, target, text):
    assert texts(filled(**changes)) == {target: text}


def test_only_the_box_of_a_date_that_is_wrong_is_marked():
    html = str(filled(due_month="")["due"])
    assert re.findall(r'class="[^"]*nhsuk-input--error[^"]*" id="(\w+)"', html) == ["id_due_month"]
    html = str(filled(due_day="", due_month="", due_year="")["due"])
    assert html.count("nhsuk-input--error") == 3


def test_a_forms_own_message_stays():
    class Form(forms.Form):
        reason = forms.CharField(label="Reason", error_messages={"required": "Say why"})

    form = Form({})
    form.is_valid()
    assert texts(form) == {"#id_reason": "Say why"}


def test_an_error_of_the_whole_form_stands_in_the_summary_without_a_link():
    form = filled()
    form.add_error(None, "The meeting was cancelled")
    html = draw('{% from "components/forms.html" import error_summary %}{{ error_summary(form) }}', form=form)
    assert "There is a problem" in html and "The meeting was cancelled" in html and "href" not in html


def test_a_form_without_errors_has_no_summary():
    source = '{% from "components/forms.html" import error_summary %}{{ error_summary(form) }}'
    assert not draw(source, form=filled()).strip() and not draw(source, form=DecisionForm()).strip()


# --- Values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("384000", 384000), ("£384,000.50", Decimal("384000.50")), ("50k", 50000), ("£1.2m", 1200000), (" 1 000 ", 1000)],
)
def test_money_is_understood_as_people_write_it(typed, amount):
    assert filled(amount=typed).cleaned_data["amount"] == amount


@pytest.mark.parametrize("typed", ["nan", "inf", "1e9999", "k", "£", "1,2,x", "--1"])
def test_money_that_is_no_amount_is_an_error_and_never_a_crash(typed):
    assert "#id_amount" in texts(filled(amount=typed))


def test_an_unchanged_form_has_not_changed():
    initial = {
        "due": date(2027, 1, 14),
        "amount": Decimal("1200.00"),
        "title": "Scans",
        "kind": "decide",
        "mode": "decide",
    }
    form = DecisionForm(GOOD, initial={**initial, "seen": True})
    assert "due" in form.changed_data  # "January" is not how it was shown
    form = DecisionForm({**GOOD, "due_month": "1"}, initial={**initial, "seen": True})
    assert form.changed_data == []


# --- Filters ------------------------------------------------------------------------------------------------------


class Filters(forms.FilterForm):
    q = forms.CharField(label="Search")
    kind = forms.MultipleChoiceField(label="Kind", choices=KINDS)
    since = forms.DayField(label="Taken since")


def test_filters_give_what_is_set_and_leave_out_what_is_wrong():
    filters = Filters(QueryDict("q=scan&kind=decide&kind=nothing&since=31/2/2026"))
    assert filters.values == {"q": "scan"} and filters.in_use
    assert Filters(QueryDict("since=1 April 2026")).values == {"since": date(2026, 4, 1)}
    assert Filters(QueryDict("since=2026-04-01")).values == Filters(QueryDict("since=1/4/2026")).values


def test_filters_that_are_not_set_are_not_in_use():
    filters = Filters(QueryDict(""))
    assert not filters.in_use and filters.values == {} and not filters.errors


def test_filters_have_ids_of_their_own():
    assert 'id="filter_q"' in str(Filters(QueryDict(""))["q"])


# --- Forms of others ----------------------------------------------------------------------------------------------


def test_a_foreign_form_is_drawn_like_ours_with_errors_that_name_the_field():
    class SignIn(django_forms.Form):
        login = django_forms.EmailField(label="Email")
        password = django_forms.CharField(label="Password", widget=django_forms.PasswordInput)

    form = SignIn({"login": "x@", "password": ""})
    form.is_valid()
    html = engines["django"].from_string("{% load nhsuk %}{% nhsuk_form form %}").render({"form": form})
    assert "Enter an email address like name@example.com" in html and "Enter password" in html
    assert 'href="#id_login"' in html and 'value="x@"' in html and "nhsuk-password-input" in html
