"""The one exception root of the package."""


class AvatarError(ValueError):
    """A bundle, a sound or a time that the face cannot use; the text says what is wrong."""


class Unrecognised(AvatarError):
    """No human face that can be trusted is in a picture; its eyes and mouth can be marked."""
