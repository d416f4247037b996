"""What the database itself refuses: changes of the audit trail, and reading its values outside a named context."""

import environ
from django.db import migrations

WEB = environ.Env().db_url("DATABASE_URL")["USER"]

# Foreign-key checks lock the entry in the owner's name, so UPDATE stays granted to the owner; the triggers refuse it.
PROTECT = """
create function ledger_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the audit trail is only appended to' using errcode = '42501';
end $$;
"""
TABLES = ("ics_governance_ledgerentry", "ics_governance_ledgerseal")
TRIGGERS = """
create trigger {table}_rows before update or delete on {table} for each row execute function ledger_is_append_only();
create trigger {table}_all before truncate on {table} for each statement execute function ledger_is_append_only();
alter table {table} enable always trigger {table}_rows;
alter table {table} enable always trigger {table}_all;
revoke update, delete, truncate on {table} from "{web}";
"""
VALUES = """
create function app_orgs(kind text) returns bigint[] language sql stable as
  $$ select string_to_array(nullif(current_setting('app.' || kind || '_orgs', true), ''), ',')::bigint[] $$;
create function app_user() returns bigint language sql stable as
  $$ select nullif(current_setting('app.user', true), '')::bigint $$;
create function app_on() returns date language sql stable as
  $$ select nullif(current_setting('app.on', true), '')::date $$;
create function app_system() returns boolean language sql stable as
  $$ select nullif(current_setting('app.system', true), '') is not null $$;
alter table ics_governance_ledgervalue enable row level security;
create policy in_a_named_context on ics_governance_ledgervalue
  using ((select app_system())) with check ((select app_system()));
"""
# The cache of a site without Redis (sign-in limits are counted in it): the columns of Django's database cache.
CACHE = """
create table cache (cache_key varchar(255) primary key, value text not null, expires timestamptz not null);
create index cache_expires on cache (expires);
"""


def protect(apps, schema_editor):
    """Run the statements; the name of the web role comes from DATABASE_URL."""
    schema_editor.execute(PROTECT)
    for table in TABLES:
        schema_editor.execute(TRIGGERS.format(table=table, web=WEB))
    schema_editor.execute(VALUES)
    schema_editor.execute(CACHE)


class Migration(migrations.Migration):
    dependencies = [("ics_governance", "0001_initial")]

    operations = [migrations.RunPython(protect)]
