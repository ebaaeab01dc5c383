from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The acts of one person in a period are found at once, however many that person did before."""

    dependencies = [
        ("audit", "0004_find_a_purge"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(model_name="act", index=models.Index(fields=["by", "at"], name="act_by_at")),
    ]
