"""Why an agent cannot be used or made, or a provider not be as asked; each is an `AgentsError`."""

from collections.abc import Sequence


class AgentsError(Exception):
    """Root of everything that agents/ raises; `code` is the agent's, where there is one."""

    def __init__(self, code: str = "", message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class AgentNotFound(AgentsError):
    """No such agent, or another account's: the two are not told apart."""


class AgentDisabled(AgentsError):
    """Its owner has switched it off."""


class AgentProcessing(AgentsError):
    """Still being made."""


class AgentFailed(AgentsError):
    """Its making failed."""


class ProviderInvalid(AgentsError):
    """A field of an account's own provider that cannot be; the message continues its name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message=f"{field} {message}")
        self.field = field
        self.message = message


class ProviderInUse(AgentsError):
    """Agents have chosen it for what it would no longer do; nothing was changed."""

    def __init__(self, provider_id: str, label: str, agents: Sequence[str]) -> None:
        who = ", ".join(agents)
        name = f"{label} ({provider_id})" if label else provider_id
        super().__init__(
            message=f"{name} is in use by {who}: choose another provider for "
            f"{'it' if len(agents) == 1 else 'them'} first"
        )
        self.provider_id = provider_id
        self.agents = list(agents)


class AgentInvalid(AgentsError):
    """A field of an agent cannot be; nothing is changed."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__("")
        self.field = field
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


class NotMarkable(AgentsError):
    """Its face cannot be marked now: it has no picture, or it is being made."""


class MarksInvalid(AgentsError):
    """Marks that make no face; the message is made for people."""


class SourceRefused(AgentsError):
    """A picture, a clip or a sound that an agent cannot be made from; its cause says why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__("")
        self.field = field
        self.reason = reason


class DynamicsNotFound(AgentsError):
    """Its gestures have never been filmed."""


class DynamicsProcessing(AgentsError):
    """Its gestures are being filmed."""


class DynamicsInvalid(AgentsError):
    """Something of its dynamics cannot be; nothing is changed."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__("")
        self.field = field
        self.reason = reason


class NoSuchReadyAgent(AgentsError):
    """The catalogue of ready agents has none of that name, which stands in `code`."""
