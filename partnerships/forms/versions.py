"""What an edit page began with: what somebody else changed since then is said before it is overwritten."""

import hashlib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model

from ics_governance import forms, ledger
from ics_governance.wording import day, money

VERSION = "version"
LOOKED_AT = 50
"""Entries of the audit trail that are read to say who it was."""


class Versioned(forms.Form):
    """A form that edits a record and knows what it began with, field by field.

    Call `keep_version` when its fields stand. Sent back over something newer it is refused once: at each field that
    somebody changed meanwhile it says who, and what is recorded now; what was typed is kept, and sent again it counts.
    """

    record: Model

    def keep_version(self, record: Model) -> None:
        """Add the hidden field that says what the form began with."""
        self.record = record
        self.fields[VERSION] = forms.CharField(required=False, widget=forms.HiddenInput, initial=self._version())
        *before, (heading, hint, rows) = self.parts or [("", "", [name for name in self.fields if name != VERSION])]
        self.parts = [*before, (heading, hint, [*rows, VERSION])]  # type: ignore[misc]

    def trail_name(self, name: str) -> str:
        """What the audit trail calls the value behind a field."""
        return name

    def _version(self) -> str:
        """The newest entry of the record's audit trail, and a short digest of each value."""
        digests = (f"{name}={_digest(self._recorded(name))}" for name in self.fields if name != VERSION)
        return ";".join([str(ledger.latest(self.record)), *digests])

    def _recorded(self, name: str) -> Any:
        return self.get_initial_for_field(self.fields[name], name)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # a hook of Django's that its stubs do not know
        if VERSION not in self.fields:
            return
        sent = str(self.cleaned_data.pop(VERSION, ""))
        if sent and (changed := self._changed_since(sent)):
            self._say_what_changed(changed, int(sent.partition(";")[0]))
            self.data = self.data.copy()  # type: ignore[union-attr]  # a query dict, which is not changed in place
            self.data[VERSION] = self._version()

    def _changed_since(self, sent: str) -> list[str]:
        """Fields whose recorded value is neither what the page began with nor what was typed."""
        seen, _, digests = sent.partition(";")
        began = dict(each.split("=", 1) for each in digests.split(";") if "=" in each)
        if not (seen.isascii() and seen.isdecimal()):
            return []
        typed = set(self.changed_data)
        return [name for name in self.fields if name in began and name in typed
                and began[name] != _digest(self._recorded(name))]  # fmt: skip

    def _say_what_changed(self, names: Iterable[str], seen: int) -> None:
        who = {
            field: change.who
            for change in reversed(ledger.history(self.record, LOOKED_AT)) if change.pk > seen
            for field, _, _ in change.fields
        }  # fmt: skip
        for name in names:
            label, now = self.fields[name].label, _in_words(self.fields[name], self._recorded(name))
            text = (
                f"{who.get(self.trail_name(name), 'Somebody')} changed “{label}” meanwhile, and it is now: {now}. What "
                "you typed is kept: save again to put it in place"
            )
            self.add_error(name, text)


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(_plain(value)).encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    return sorted(_plain(each) for each in value) if isinstance(value, list) else str(value or "")


def _in_words(field: Any, value: Any) -> str:
    """A recorded value as people read it."""
    if isinstance(value, list):
        return ", ".join(str(_chosen(field, each)) for each in value) or "nothing"
    if isinstance(value, bool):
        return "ticked" if value else "not ticked"
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Decimal):
        return money(value)
    return str(_chosen(field, value)) if value not in (None, "") else "nothing"


def _chosen(field: Any, value: Any) -> Any:
    """The label of a choice; other values as they are."""
    if isinstance(value, Model) or not isinstance(field, forms.ChoiceField):
        return value
    return dict(field.choices).get(value, value)
