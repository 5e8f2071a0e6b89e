"""Fills an empty outbox as visits would: `python -m benchmarks.outbox PORT DELIVERIES`.

The database is that of the environment, as for `manage.py`. Every hundredth endpoint is slow.
"""

import os
import sys

import django

ENDPOINTS = 100
PER_ACCOUNT = 20
LINES_A_VISIT = 3
SLOW, QUICK = "slow", "quick"


def fill(port: int, deliveries: int) -> None:
    """Migrate, register the endpoints and record lines until so many deliveries wait."""
    from django.core.management import call_command

    from tokens.models import Account
    from webhooks import services
    from webhooks.events import CHAT_PUSH

    call_command("migrate", verbosity=0)
    for number in range(ENDPOINTS // PER_ACCOUNT):
        account = Account.objects.create_user(f"owner-{number}")
        for place in range(PER_ACCOUNT):
            kind = SLOW if number == place == 0 else QUICK
            services.register(account=account, url=f"http://127.0.0.1:{port}/{kind}")
        for line in range(deliveries // ENDPOINTS):
            sid = f"ses_{number}_{line // LINES_A_VISIT}"
            services.record(
                account=account,
                event_type=CHAT_PUSH,
                agent_code="A91XMB7113",
                data={"role": "user", "message": f"Line {line}.", "session_id": sid},
                order_key=sid,
            )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    fill(int(sys.argv[1]), int(sys.argv[2]))
