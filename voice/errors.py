"""The package's exception root."""


class VoiceError(Exception):
    """A conversation cannot be built as asked; the message is for the agent's owner."""


class RecogniserError(VoiceError):
    """The offline recogniser could not decode an utterance; worth one more try."""


class SynthesisError(VoiceError):
    """The offline synthesiser could not speak a sentence."""


class VoiceUnknown(VoiceError):
    """No voice has that name; the message names those that there are."""


class NotSpeakable(VoiceError):
    """A text, or its language, that the voice has no way to speak."""


class SpeechBusy(VoiceError):
    """As many texts are spoken as may be at once; the next may go through in a moment."""


class TooManyLines(VoiceError):
    """As many lines wait to be said as may."""
