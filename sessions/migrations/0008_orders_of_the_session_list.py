import clinic.lib.fields
from django.db import migrations, models

COLUMNS = ("indication", "status", "record_status", "physician", "device", "site")
FIRST_SITE = """
    UPDATE logbook_sessionfigures SET site = COALESCE((
        SELECT a.site FROM logbook_application a WHERE a.session_id = logbook_sessionfigures.session_id
        ORDER BY a.number, a.id LIMIT 1
    ), '')
"""


class Migration(migrations.Migration):
    """The list of sessions is sorted by any column, and any page of it is found at once."""

    dependencies = [
        ("logbook", "0007_fill_stored_figures"),
    ]

    operations = [
        migrations.AddField(
            model_name="sessionfigures",
            name="site",
            field=clinic.lib.fields.Code(default="", max_length=40),
            preserve_default=False,
        ),
        migrations.RunSQL(FIRST_SITE, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["number", "id"], name="session_number"),
        ),
        *(
            migrations.AddIndex(
                model_name="sessionfigures",
                index=models.Index(fields=[name, "session"], name=f"session_by_{name}"),
            )
            for name in COLUMNS
        ),
    ]
