"""The chain of the record: entries, the columns that their digests cover, sealed months of the accesses."""

import django.db.models.deletion
from django.db import migrations, models

import clinic.lib.fields


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Shape",
            fields=[
                ("name", clinic.lib.fields.Code(max_length=16, primary_key=True, serialize=False)),
                ("columns", models.TextField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="entry")),
                ("at", models.DateTimeField()),
                ("digest", models.BinaryField(max_length=32)),
                ("key_id", clinic.lib.fields.Code(max_length=8)),
                ("mac", models.BinaryField(max_length=32)),
                (
                    "act",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="link", to="audit.act"
                    ),
                ),
                (
                    "shape",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.shape",
                    ),
                ),
            ],
            options={"ordering": ["number"], "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("month", clinic.lib.fields.Code(max_length=7, primary_key=True, serialize=False)),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("before", models.BinaryField(max_length=32)),
                ("after", models.BinaryField(max_length=32)),
                ("at", models.DateTimeField()),
                ("key_id", clinic.lib.fields.Code(max_length=8)),
                ("mac", models.BinaryField(max_length=32)),
            ],
            options={"ordering": ["month"], "default_permissions": ()},
        ),
    ]
