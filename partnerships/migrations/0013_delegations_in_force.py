"""When a delegation was approved, by whom, when it came into force and when its end was recorded; shares of members;
when people were told of a finding.

Of what is there the audit trail tells each move. What came in bulk has no moves there and is taken to have been in
force from its first day; what the trail shows as ended straight from approval never was.
"""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FILL = """
with moves as (
  select substring(e.record from 12)::bigint as id, e.kind, e.actor,
    (e.recorded_at at time zone 'Europe/London')::date as day
  from ics_governance_ledgerentry e
  where e.record like 'delegation:%' and e.kind in ('delegation.approved', 'delegation.in_force', 'delegation.ended')
), told as (
  select id, min(day) filter (where kind = 'delegation.approved') as approved_on,
    max(actor) filter (where kind = 'delegation.approved') as approved_by,
    min(day) filter (where kind = 'delegation.in_force') as in_force_on,
    max(day) filter (where kind = 'delegation.ended') as ended_on
  from moves group by id
), never as (
  select substring(e.record from 12)::bigint as id from ics_governance_ledgerentry e
  join ics_governance_ledgervalue v on v.entry_id = e.id
  where e.record like 'delegation:%' and v.name = 'status' and v.value = '["approved","ended"]'
)
update partnerships_delegation d set
  approved_on = t.approved_on,
  approved_by_id = (select u.id from ics_governance_user u where u.id = t.approved_by),
  in_force_on = case
    when d.status in ('draft', 'approved', 'withdrawn') or d.id in (select id from never) then null
    else coalesce(t.in_force_on, least(d.starts, current_date), current_date) end,
  ended_on = t.ended_on
from partnerships_delegation known left join told t on t.id = known.id
where known.id = d.id and d.status not in ('draft', 'withdrawn');
set constraints all immediate;
set constraints all deferred;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ics_governance', '0001_initial'),
        ('partnerships', '0012_membership_consent'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='delegation',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='delegation',
            name='approved_on',
            field=models.DateField(blank=True, help_text='When the accountable body approved it.', null=True),
        ),
        migrations.AddField(
            model_name='delegation',
            name='ended_on',
            field=models.DateField(blank=True, help_text='When its end was recorded; its last day may be another.', null=True),
        ),
        migrations.AddField(
            model_name='delegation',
            name='in_force_on',
            field=models.DateField(blank=True, help_text='When it was brought into force. Empty: it never gave authority.', null=True),
        ),
        migrations.AddField(
            model_name='membership',
            name='share',
            field=models.PositiveSmallIntegerField(blank=True, help_text='The weight of its body in committees in common: with 1, 1 and 2 a quarter, a quarter and a half.', null=True, validators=[django.core.validators.MinValueValidator(1)]),
        ),
        migrations.AddField(
            model_name='checkfinding',
            name='told_on',
            field=models.DateField(blank=True, help_text='When those who can mend it were told of it.', null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL("update partnerships_checkfinding set told_on = first_seen", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='delegation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ('in_force', 'suspended')), _negated=True), ('in_force_on__isnull', False), _connector='OR'), name='delegation_in_force_since'),
        ),
    ]
