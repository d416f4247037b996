"""Results and comments of a round are not for those who were asked; a risk keeps its last review and why it closed."""

from django.db import migrations, models

NOT_FOR_THOSE_ASKED = """
drop policy part_read on {table};
create policy special_read on {table} for select using ((select app_system())
  or coalesce((select true from collaboration_feedbackaudience a
    where a.round_id = {table}.round_id and a.capacity <> 'invited' limit 1), false));
"""
FOR_ALL_READERS = """
drop policy special_read on {table};
create policy part_read on {table} for select using ((select app_system())
  or coalesce((select true from collaboration_feedbackround p where p.id = {table}.round_id limit 1), false));
"""
TABLES = ("collaboration_feedbackresult", "collaboration_feedbackcomment")


class Migration(migrations.Migration):
    dependencies = [("collaboration", "0004_guards")]

    operations = [
        *(
            migrations.RunSQL(NOT_FOR_THOSE_ASKED.format(table=table), FOR_ALL_READERS.format(table=table))
            for table in TABLES
        ),
        migrations.AddField(
            model_name="sharedrisk",
            name="closed_why",
            field=models.TextField(blank=True, help_text="Why it is no longer a risk to what was agreed."),
        ),
        migrations.AddField(
            model_name="sharedrisk",
            name="reviewed_on",
            field=models.DateField(blank=True, help_text="When it was looked at last.", null=True),
        ),
        migrations.AlterField(
            model_name="feedbackround",
            name="answered",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="Organisations that answered, from three on; 0 below."
            ),
        ),
    ]
