"""Why a file is not taken; each is a `FilesError` whose message is made for people."""


class FilesError(Exception):
    """Root of everything that files/ raises."""


class FileTooLarge(FilesError):
    """More bytes, or more pixels, than its category may have."""


class UnsupportedType(FilesError):
    """A type that is not taken, or a content that is not what the name says."""


class DownloadFailed(FilesError):
    """The address could not be read."""


class BadFile(FilesError):
    """Empty, cut off, or not the base64 that it should be."""


class QuotaSpent(FileTooLarge):
    """The account keeps as much as it may."""
