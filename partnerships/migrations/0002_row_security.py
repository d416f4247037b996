"""Row-level security of meetings, decisions and what belongs to them.

Reading: an audience row in force for one of the organisations in which the person's role carries the view permission,
or a personal one; released decisions are open. Writing: only in a named system context, which an action opens after
permission and guard. The scalar subquery with `limit 1` in place of `exists` keeps the plan from hashing the whole
audience on every query.
"""

from django.db import migrations

AUDIENCE = """
alter table {table} enable row level security;
create policy audience_read on {table} for select using ((select app_system())
  or ((organisation_id = any ((select app_orgs('{kind}'))::bigint[]) or user_id = (select app_user()))
      and starts <= (select app_on()) and (ends is null or ends >= (select app_on()))));
create policy audience_write on {table} using ((select app_system())) with check ((select app_system()));
"""
RECORD = """
alter table {table} enable row level security;
create policy record_read on {table} for select using ((select app_system()) or {open}
  coalesce((select true from {audience} a where a.{kind}_id = {table}.id limit 1), false));
create policy record_write on {table} using ((select app_system())) with check ((select app_system()));
"""
PART = """
alter table {table} enable row level security;
create policy part_read on {table} for select using ((select app_system())
  or coalesce((select true from {parent} p where p.id = {table}.{key} limit 1), false));
create policy part_write on {table} using ((select app_system())) with check ((select app_system()));
"""
PARTS = [
    ("partnerships_agendaitem", "partnerships_meeting", "meeting_id"),
    ("partnerships_attendance", "partnerships_meeting", "meeting_id"),
    ("partnerships_decision_places", "partnerships_decision", "decision_id"),
    ("partnerships_decisionlead", "partnerships_decision", "decision_id"),
    ("partnerships_action", "partnerships_decision", "decision_id"),
]
GRANT = """
alter table partnerships_decisiongrant enable row level security;
create policy grant_read on partnerships_decisiongrant for select
  using ((select app_system()) or user_id = (select app_user()));
create policy grant_write on partnerships_decisiongrant using ((select app_system())) with check ((select app_system()));
"""


def statements():
    """All statements in order."""
    for kind, opened in (("meeting", ""), ("decision", "released_at is not null or")):
        table = f"partnerships_{kind}"
        yield AUDIENCE.format(table=f"{table}audience", kind=kind)
        yield RECORD.format(table=table, audience=f"{table}audience", kind=kind, open=opened)
    for table, parent, key in PARTS:
        yield PART.format(table=table, parent=parent, key=key)
    yield GRANT


class Migration(migrations.Migration):
    dependencies = [("partnerships", "0001_initial"), ("ics_governance", "0002_protection")]

    operations = [migrations.RunSQL(sql) for sql in statements()]
