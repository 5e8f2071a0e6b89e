"""The package's exception root."""


class VoiceError(Exception):
    """A conversation cannot be built as asked; the message is for the agent's owner."""


class RecogniserError(VoiceError):
    """The offline recogniser could not decode an utterance; worth one more try."""


class SynthesisError(VoiceError):
    """The offline synthesiser could not speak a sentence."""


class TooManyLines(VoiceError):
    """As many lines wait to be said as may."""
