"""What can be wrong with knowledge; each is a `KnowledgeError`."""


class KnowledgeError(Exception):
    """Root of everything that knowledge/ raises."""


class DocumentNotFound(KnowledgeError):
    """No such document, or another account's: the two are not told apart."""


class BaseNotFound(KnowledgeError):
    """No such knowledge base, or another account's: the two are not told apart."""


class KnowledgeInvalid(KnowledgeError):
    """A field that cannot be; the message continues the field's name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field} {message}")
        self.field = field
        self.message = message


class DocumentTooLarge(KnowledgeError):
    """It has more bytes than a document may have; the message says how many."""


class QuotaSpent(DocumentTooLarge):
    """The account keeps as much as it may."""


class TypeUnsupported(KnowledgeError):
    """It is no document that can be read; the message says what to send instead."""


class LeaseLost(KnowledgeError):
    """What is being worked on was deleted, or has been given to another worker."""


class Unobtainable(KnowledgeError):
    """A document's text cannot be had; the message is made for its owner."""


class Abandoned(KnowledgeError):
    """Whoever wanted a document read wants it no more."""
