from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def tell_generations(apps, schema_editor):
    """Why one failed is told by itself, and an agent that has a face can be met."""
    agents = apps.get_model("agents", "Agent").objects
    told = agents.filter(pk=OuterRef("agent")).values("error_message")
    generations = apps.get_model("agents", "Generation").objects
    generations.filter(state="failed").update(error_message=Subquery(told))
    unmet = agents.filter(face__isnull=False).exclude(status="ready")
    unmet.update(status="ready", error_message="")


class Migration(migrations.Migration):
    dependencies = [("agents", "0005_knowledge_bases")]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="error_message",
            field=models.CharField(blank=True, help_text="Why it failed", max_length=500),
        ),
        migrations.RunPython(tell_generations, migrations.RunPython.noop),
    ]
