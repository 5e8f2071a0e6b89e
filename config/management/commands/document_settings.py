from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.environment import table


class Command(BaseCommand):
    help = "Writes the variables into docs/settings.md and .env.example."

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / "docs" / "settings.md"
        page.write_text(table.inserted(page.read_text()))
        (settings.BASE_DIR / ".env.example").write_text(table.example())
