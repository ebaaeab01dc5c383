from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("logbook", "0011_log_of_devices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="sessionfigures",
            index=models.Index(
                condition=models.Q(("record_status", "preliminary")),
                fields=["day", "session"],
                name="session_figures_drafts",
            ),
        ),
    ]
