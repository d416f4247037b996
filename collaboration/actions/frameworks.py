"""Writes about frameworks: load a file as a version."""

from django.db import transaction

from collaboration.framework_file import parse
from collaboration.models import Framework, Profile
from collaboration.yaml_node import read_yaml
from ics_governance import ledger
from ics_governance.permissions import Actor

ENTRY = ("code", "version", "title", "digest", "current")


class UsedVersion(Exception):
    """A version that profiles rest on was changed in its file; the text says what to do."""


@transaction.atomic
def load_framework(*, by: Actor, text: str) -> tuple[Framework, str]:
    """Keep a framework file as a version; returns the row and what happened to it, in words. Safe to repeat.

    The highest version of a code is the current one. Raises FileFaults for a file that is wrong, and UsedVersion when
    it differs from a version that profiles rest on.
    """
    content = parse(text)
    row = Framework.objects.filter(code=content.code, version=str(content.version)).first()
    if row and row.digest == content.digest:
        return row, "loaded already"
    if row and Profile.objects.filter(framework=row).exists():
        raise UsedVersion(
            f"Version {content.version} of {content.code} was changed, and profiles rest on it. "
            f"Restore the file, and give what is new the version {content.version + 1}."
        )
    outcome = "replaced; nothing rested on it" if row else "loaded"
    row = row or Framework(code=content.code, version=str(content.version))
    before = ledger.snapshot(row, ENTRY) if row.pk else {}
    row.title, row.digest, row.content = content.title, content.digest, read_yaml(text)
    row.current = False
    row.save()
    _make_newest_current(content.code)
    row.refresh_from_db()
    ledger.append(by=by, kind="framework.loaded", record=row, before=before, after=ledger.snapshot(row, ENTRY))
    return row, outcome


def _make_newest_current(code: str) -> None:
    versions = Framework.objects.filter(code=code).only("pk", "version")
    newest = max(versions, key=lambda row: int(row.version))
    versions.exclude(pk=newest.pk).update(current=False)
    Framework.objects.filter(pk=newest.pk).update(current=True)
