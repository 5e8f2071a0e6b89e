"""Work that the clock asks for, done by the task worker."""

from django_tasks import task

from webhooks import services


@task()
def forget_events() -> None:
    """Delete what the delivery log no longer keeps."""
    services.forget_old()
