"""Why an agent cannot be used; each is an `AgentsError` and knows the agent's code."""


class AgentsError(Exception):
    """Root of everything that agents/ raises."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AgentNotFound(AgentsError):
    """No such agent, or another account's: the two are not told apart."""


class AgentDisabled(AgentsError):
    """Its owner has switched it off."""


class AgentProcessing(AgentsError):
    """Still being made."""


class AgentFailed(AgentsError):
    """Its making failed."""
