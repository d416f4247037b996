"""Row-level security of cases: a case is read by whoever reads its concern, its parts by whoever reads the case.

Restricted notes and evidence are read by the holder and the regions, and by the person who added them. Evidence that a
body gave becomes readable to the readers of a case it is linked to, unless it is restricted there.
"""

from django.db import migrations

PART = """
alter table {table} enable row level security;
create policy part_read on {table} for select using ((select app_system())
  or coalesce((select true from {parent} p where p.id = {table}.{key} limit 1), false));
create policy part_write on {table} using ((select app_system())) with check ((select app_system()));
"""
RESTRICTED = """
alter table {table} enable row level security;
create policy part_read on {table} for select using ((select app_system())
  or (not restricted and coalesce((select true from oversight_case p where p.id = {table}.case_id limit 1), false))
  or (restricted and ({author} = (select app_user()) or coalesce((select true from oversight_case p
        join collaboration_concernaudience a on a.concern_id = p.concern_id
        where p.id = {table}.case_id and a.capacity in ('holder', 'overseer') limit 1), false))
      and coalesce((select true from oversight_case p where p.id = {table}.case_id limit 1), false)));
create policy part_write on {table} using ((select app_system())) with check ((select app_system()));
"""
EVIDENCE = """
create policy case_read on collaboration_evidence for select using (coalesce((select true from oversight_caseevidence e
  where e.evidence_id = collaboration_evidence.id limit 1), false));
"""
PARTS = [  # part, what it belongs to, its key
    ("case", "collaboration_concern", "concern_id"),
    *(
        (part, "oversight_case", "case_id")
        for part in (
            "step", "override", "commitment", "stageclock", "fact", "reply", "facilitation", "discussion", "agreement",
            "disputerequest", "disputefinding", "finding", "measure", "criterion",
        )
    ),
    ("pause", "oversight_stageclock", "clock_id"),
    ("extension", "oversight_stageclock", "clock_id"),
    ("factreply", "oversight_fact", "fact_id"),
    ("accuracycheck", "oversight_facilitation", "facilitation_id"),
    ("finding_facts", "oversight_finding", "finding_id"),
]  # fmt: skip


def statements():
    for part, parent, key in PARTS:
        yield PART.format(table=f"oversight_{part}", parent=parent, key=key)
    yield RESTRICTED.format(table="oversight_casenote", author="user_id")
    yield RESTRICTED.format(table="oversight_caseevidence", author="added_by_id")
    yield EVIDENCE


class Migration(migrations.Migration):
    dependencies = [("oversight", "0002_cases"), ("collaboration", "0003_row_security")]

    operations = [migrations.RunSQL(sql) for sql in statements()]
