import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """What patients are found by. Set-up fills it, and puts its indexes in place, after the migrations."""

    dependencies = [
        ("logbook", "0005_receipts_and_kept_limits"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchText",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="search_text",
                        serialize=False,
                        to="logbook.patient",
                    ),
                ),
                ("name", models.TextField(editable=False)),
                ("text", models.TextField(editable=False)),
                ("birth_date", models.DateField(editable=False)),
            ],
            options={
                "verbose_name": "search text of a patient",
                "verbose_name_plural": "search texts of patients",
                "abstract": False,
                "default_permissions": (),
                "indexes": [models.Index(fields=["birth_date", "patient"], name="search_birth_date")],
            },
        ),
    ]
