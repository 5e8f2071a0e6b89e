"""Starts `deliver_webhooks` again and again, each time as a process of its own, in no time.

Django is loaded once; for every line on standard input it forks, prints the process id, and the
fork runs the command until somebody kills it.
"""

import os
import signal
import sys
import warnings

import django
from django.core.management import call_command


def main(owner: str) -> None:
    warnings.simplefilter("ignore")
    django.setup()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries what was killed
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            os.close(0)
            call_command("deliver_webhooks", "--owner", owner)
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
