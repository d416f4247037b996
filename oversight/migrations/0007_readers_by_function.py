"""Whether a case may be read is asked of one function, so that reading a whole file is planned quickly.

Each policy used to spell out the way from a part over its case and concern to the audience. A statement that reads
every kind of part then took longer to plan than to run. A function in PL/pgSQL keeps its plan for the session; it runs
with the rights of who asks, so row-level security holds inside it as before.
"""

from django.db import migrations

FUNCTIONS = """
create function can_read_case(number bigint) returns boolean language plpgsql stable as $$
begin
  return coalesce((select true from oversight_case p where p.id = number limit 1), false);
end $$;
create function can_read_inside_case(number bigint) returns boolean language plpgsql stable as $$
begin
  return coalesce((select true from oversight_case p
    join collaboration_concernaudience a on a.concern_id = p.concern_id
    where p.id = number and a.capacity in ('holder', 'overseer') limit 1), false);
end $$;
"""
PART = """
drop policy part_read on {table};
create policy part_read on {table} for select using ((select app_system()) or {condition});
"""
OF_A_CASE = (
    "step", "override", "commitment", "stageclock", "fact", "reply", "facilitation", "discussion", "agreement",
    "disputerequest", "disputefinding", "finding", "measure", "criterion",
)  # fmt: skip
BELOW = [  # part, what it belongs to, its key
    ("pause", "oversight_stageclock", "clock_id"),
    ("extension", "oversight_stageclock", "clock_id"),
    ("factreply", "oversight_fact", "fact_id"),
    ("accuracycheck", "oversight_facilitation", "facilitation_id"),
    ("finding_facts", "oversight_finding", "finding_id"),
]
RESTRICTED = [("casenote", "user_id"), ("caseevidence", "added_by_id")]


def statements():
    yield FUNCTIONS
    for part in OF_A_CASE:
        yield PART.format(table=f"oversight_{part}", condition="can_read_case(case_id)")
    for part, parent, key in BELOW:
        found = f"coalesce((select true from {parent} p where p.id = oversight_{part}.{key} limit 1), false)"
        yield PART.format(table=f"oversight_{part}", condition=found)
    for part, author in RESTRICTED:
        inside = f"{author} = (select app_user()) or can_read_inside_case(case_id)"
        condition = f"(can_read_case(case_id) and (not restricted or {inside}))"
        yield PART.format(table=f"oversight_{part}", condition=condition)


class Migration(migrations.Migration):
    dependencies = [("oversight", "0006_hidden_askers")]

    operations = [migrations.RunSQL(sql) for sql in statements()]
