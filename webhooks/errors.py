"""What can be wrong with a webhook; each is a `WebhooksError`."""


class WebhooksError(Exception):
    """Root of everything that webhooks/ raises."""


class WebhookNotFound(WebhooksError):
    """No such endpoint or delivery, or another account's: the two are not told apart."""


class WebhookInvalid(WebhooksError):
    """A field that cannot be; the message continues the field's name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field} {message}")
        self.field = field
        self.message = message
