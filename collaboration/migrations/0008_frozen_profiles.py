"""What was frozen stays: the database refuses every change of a frozen profile, its scores and its readings."""

from django.db import migrations

FORWARD = """
create or replace function frozen_profile() returns trigger language plpgsql as $$
begin
  if old.state = 'frozen' then
    raise exception 'a frozen profile is never changed or deleted'
      using errcode = '23514', constraint = 'frozen_profile';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger frozen_profile before update or delete on collaboration_profile
  for each row execute function frozen_profile();
alter table collaboration_profile enable always trigger frozen_profile;

create or replace function frozen_profile_part() returns trigger language plpgsql as $$
begin
  if exists (select from collaboration_profile p where p.state = 'frozen'
             and p.id in (case when tg_op <> 'INSERT' then old.profile_id end,
                          case when tg_op <> 'DELETE' then new.profile_id end)) then
    raise exception 'what belongs to a frozen profile is never changed or deleted'
      using errcode = '23514', constraint = 'frozen_profile';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger frozen_profile_part before insert or update or delete on collaboration_score
  for each row execute function frozen_profile_part();
alter table collaboration_score enable always trigger frozen_profile_part;
create trigger frozen_profile_part before insert or update or delete on collaboration_reading
  for each row execute function frozen_profile_part();
alter table collaboration_reading enable always trigger frozen_profile_part;
"""
BACK = """
drop trigger frozen_profile_part on collaboration_reading;
drop trigger frozen_profile_part on collaboration_score;
drop trigger frozen_profile on collaboration_profile;
drop function frozen_profile_part();
drop function frozen_profile();
"""


class Migration(migrations.Migration):
    dependencies = [("collaboration", "0007_profile_months")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
