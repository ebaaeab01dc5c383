"""Looks become accesses: log-ins and the like stand beside them, each with its place in a chain."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import clinic.lib.fields


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("audit", "0002_chain"),
    ]

    operations = [
        migrations.RenameModel("Look", "Access"),
        migrations.AlterField(
            "access",
            "by",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="accesses",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AlterField(
            "access", "by_name", clinic.lib.fields.Line(blank=True, max_length=200, verbose_name="name at the time")
        ),
        migrations.AlterField("access", "patient_id", models.BigIntegerField(null=True, verbose_name="patient")),
        migrations.AlterField(
            "access", "route", clinic.lib.fields.Line(blank=True, max_length=200, verbose_name="page")
        ),
        migrations.AddField("access", "number", models.BigIntegerField(null=True, unique=True)),
        migrations.AddField("access", "record", models.UUIDField(null=True, verbose_name="record")),
        migrations.AddField(
            "access",
            "detail",
            clinic.lib.fields.Line(blank=True, default="", max_length=200, verbose_name="detail"),
            preserve_default=False,
        ),
        migrations.AddField("access", "mac", models.BinaryField(max_length=32, null=True)),
        migrations.AddConstraint(
            "access",
            models.CheckConstraint(
                condition=models.Q(("mac__isnull", True), ("number__isnull", True))
                | models.Q(("mac__isnull", False), ("number__isnull", False)),
                name="access_number_has_code",
            ),
        ),
    ]
