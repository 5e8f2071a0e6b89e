import asyncio
import os
import signal
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from outbound.transport import client
from tokens.models import random_id
from webhooks.attempt import BOUNDS
from webhooks.deliverer import Deliverer


class Command(BaseCommand):
    help = "Sends what waits for webhooks, until SIGTERM or SIGINT; `serve` runs one beside it."
    requires_system_checks: list[str] = []  # `serve` starts it again and again

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--owner",
            default="",
            help="Name of its leases; a new one takes over those of a dead one of the same name.",
        )
        parser.add_argument(
            "--with-parent", action="store_true", help="End when standard input does."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(_deliver(options["owner"] or random_id("dlr_"), options["with_parent"]))


async def _deliver(owner: str, with_parent: bool) -> None:
    loop = asyncio.get_running_loop()
    loopback = settings.PARLEY_ALLOW_LOOPBACK_URLS
    async with client(BOUNDS, loopback=loopback) as http:
        deliverer = Deliverer(owner=owner, client=http, loopback=loopback, clock=timezone.now)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, deliverer.stop)
        if with_parent:
            threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
        await deliverer.run()


def _end_with_parent() -> None:
    """Wait for the end of the pipe, which only the parent's end brings, then stop."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)
