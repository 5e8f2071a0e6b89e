"""The one exception root of the package."""


class AvatarError(ValueError):
    """A bundle, a sound or a time that the face cannot use; the text says what is wrong."""
