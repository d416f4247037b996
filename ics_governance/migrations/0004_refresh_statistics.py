"""What the planner knows of the tables is brought up to date on request: after a bulk load the web role may ask for it.

ANALYZE is for a table's owner, so the function runs in its name; it takes no argument and returns nothing.
"""

from django.db import migrations

FUNCTION = """
create function refresh_statistics() returns void language plpgsql security definer set search_path = pg_catalog as $$
declare
  found regclass;
begin
  for found in select oid::regclass from pg_class where relkind = 'r' and relowner = current_user::regrole loop
    execute format('analyze %s', found);
  end loop;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ics_governance", "0003_kept_answers")]

    operations = [migrations.RunSQL(FUNCTION, "drop function refresh_statistics()")]
