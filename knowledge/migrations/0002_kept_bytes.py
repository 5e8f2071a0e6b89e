from django.db import migrations, models
from django.db.models import F


def count_unread(apps, schema_editor):
    """Those that were read before are counted when they are read again."""
    documents = apps.get_model("knowledge", "Document").objects
    documents.filter(content__original__isnull=False).update(kept_bytes=F("size_bytes"))


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_knowledge")]

    operations = [
        migrations.AddField(
            model_name="document",
            name="kept_bytes",
            field=models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Its bytes until it is read, then those of its text",
            ),
        ),
        migrations.RunPython(count_unread, migrations.RunPython.noop),
    ]
