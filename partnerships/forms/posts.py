"""Forms of posts: what one is called, and who is in it."""

from datetime import date
from typing import Any

from ics_governance import forms
from partnerships.models import Organisation, Post

from .hosted import Choosing, HostedForm
from .people import PersonField, people_of


class PostForm(HostedForm):
    """A post to record."""

    host = forms.ModelChoiceField(
        label="Body", queryset=Organisation.objects.none(), empty_label="Choose a body", help_text="Whose post it is."
    )
    title = forms.CharField(label="Title", max_length=150, help_text="Such as Place director, Leeds.")
    starts = forms.DateField(label="First day of the post")
    holder = PersonField(
        label="Who is in it", required=False, empty_label="Vacant", help_text="Somebody whom the body employs."
    )
    since = forms.DateField(label="In the post since", required=False, help_text="Empty: since the post's first day.")
    parts = [("", "", ["host", "title", "starts", "holder", "since"])]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("holder", people_of(self.hosts, self.on))


class TitleForm(forms.Form):
    """What a post is called, corrected."""

    title = forms.CharField(label="Title", max_length=150)


class HolderForm(Choosing):
    """Who is in a post from a day on."""

    mark_optional = False  # nobody is an answer too
    person = PersonField(
        label="Who is in it", required=False, empty_label="Nobody: it is vacant",
        help_text="Somebody whom the body employs.",
    )  # fmt: skip
    from_day = forms.DateField(
        label="From which day", help_text="Who was in it before stays recorded until the day before."
    )

    def __init__(self, *args: Any, post: Post, on: date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"person": post.holder_id, "from_day": on}, **kwargs)
        self.choose("person", people_of([post.organisation_id], on))
