from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tokens.models import Account
from tokens.services import create_secret


class Command(BaseCommand):
    help = "Makes an API secret and prints it. It is shown this once: only its hash is kept."
    requires_system_checks: list[str] = []  # they are about the code, not about accounts

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", default="", help="user name (default: the first account)")
        parser.add_argument("--name", default="command line", help="what the console calls it")

    def handle(self, *args: Any, account: str, name: str, **options: Any) -> None:
        accounts = Account.objects.order_by("pk")
        owner = accounts.filter(username=account).first() if account else accounts.first()
        if owner is None:
            raise CommandError("There is no such account. The first `make run` makes one.")
        _, plain = create_secret(account=owner, name=name)
        self.stdout.write(f"API secret: {plain}")
