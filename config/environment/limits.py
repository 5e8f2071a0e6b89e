from dataclasses import dataclass
from typing import ClassVar

from config.environment import kinds
from config.environment.variable import variable


@dataclass(frozen=True, slots=True)
class Limits:
    heading: ClassVar[str] = "Limits"

    max_visits: int | None = variable(
        "PARLEY_MAX_VISITS",
        kinds.whole(1, 10_000, 16),
        None,
        "Most live visits in this process, whatever its measured load.",
        without="8 for each core",
    )
    admit_by_load: bool = variable(
        "PARLEY_ADMIT_BY_LOAD",
        kinds.flag(),
        True,
        "Whether a further visitor is asked to wait as soon as the live visits' pictures come "
        "late, below that number already.",
        without="`on`",
    )
    anonymous_visits_per_ip: int = variable(
        "PARLEY_ANONYMOUS_VISITS_PER_IP",
        kinds.whole(1, 10_000, 4),
        4,
        "Live visits without a token from one address.",
    )
    anonymous_visits_per_hour: int = variable(
        "PARLEY_ANONYMOUS_VISITS_PER_HOUR",
        kinds.whole(1, 100_000, 60),
        60,
        "Visits without a token that one address may start in an hour.",
    )
    idle_voice_s: int = variable(
        "PARLEY_IDLE_VOICE_SECONDS",
        kinds.whole(70, 86400, 300, "seconds"),
        300,
        "Silence after which a spoken visit ends, with a warning a minute before.",
    )
    idle_text_s: int = variable(
        "PARLEY_IDLE_TEXT_SECONDS",
        kinds.whole(70, 86400, 1800, "seconds"),
        1800,
        "The same for a typed visit.",
    )
    max_visit_s: int = variable(
        "PARLEY_MAX_VISIT_SECONDS",
        kinds.whole(70, 86400, 1800, "seconds"),
        1800,
        "Longest visit.",
    )
    grace_s: int = variable(
        "PARLEY_GRACE_SECONDS",
        kinds.whole(5, 3600, 120, "seconds"),
        120,
        "How long a dropped visitor may come back into the same conversation.",
    )
    tier_live_visits: dict[str, int] | None = variable(
        "PARLEY_TIER_LIVE_VISITS",
        kinds.tier_limits(),
        None,
        "Live visits of an account, by its tier.",
        without="`free=2,pro=10`, others unlimited",
    )
    tier_generations: dict[str, int] | None = variable(
        "PARLEY_TIER_GENERATIONS",
        kinds.tier_limits("free=5,pro=50"),
        None,
        "Agents that an account may have made in a day, by its tier.",
        without="`free=5,pro=50`, others unlimited",
    )
    builds: int | None = variable(
        "PARLEY_BUILDS",
        kinds.whole(1, 16, 2),
        None,
        "Agents that are made at the same time, by processes that give way to visits. Of one "
        "account there are 3 at most.",
        without="one for each core, at most 3",
    )
    mint_rate: str = variable(
        "PARLEY_MINT_RATE",
        kinds.rate(),
        "30/minute",
        "Tokens that a back end may ask for, for one visitor's fingerprint.",
    )
    mint_rate_shared: str = variable(
        "PARLEY_MINT_RATE_SHARED",
        kinds.rate("6000/minute"),
        "6000/minute",
        "The same, all visitors together who share a placeholder such as `anonymous`.",
    )
    rate_address: str = variable(
        "PARLEY_RATE_ADDRESS",
        kinds.rate("60000/minute"),
        "60000/minute",
        "Requests to `/v1` and `/v2` that one address may send.",
    )
    rate_read: str = variable(
        "PARLEY_RATE_READ",
        kinds.rate("30000/minute"),
        "30000/minute",
        "Requests that one API secret may read with (GET).",
    )
    rate_write: str = variable(
        "PARLEY_RATE_WRITE",
        kinds.rate("30000/minute"),
        "30000/minute",
        "Requests that one API secret may change or start something with.",
    )
    rate_uploads: str = variable(
        "PARLEY_RATE_UPLOADS",
        kinds.rate("60/minute"),
        "60/minute",
        "Files and documents that one account may upload, or have downloaded for it.",
    )
    account_storage_mb: int = variable(
        "PARLEY_ACCOUNT_STORAGE_MB",
        kinds.whole(1, 100_000_000, 5000, "megabytes"),
        5000,
        "What an account may keep: its uploads, its documents and what was made for its agents. A "
        "further upload or document is refused; what is made for agents is kept all the same.",
    )
    rate_auth_failures: str = variable(
        "PARLEY_RATE_AUTH_FAILURES",
        kinds.rate(),
        "30/minute",
        "Requests of one address whose API secret is missing or wrong; good secrets from there go "
        "on to open. Besides, so many tries of one address to sign in to the console.",
    )
    require_balance: bool = variable(
        "PARLEY_REQUIRE_BALANCE",
        kinds.flag(),
        False,
        "Whether an account whose minutes (console, Accounts) are used up gets no more tokens "
        "(402 `INSUFFICIENT_BALANCE`) and no more visits. Visits that go on are not cut.",
        without="`off`",
    )
    webhook_log_days: int = variable(
        "PARLEY_WEBHOOK_LOG_DAYS",
        kinds.whole(1, 365, 7, "days"),
        7,
        "How long events for webhooks stay in the delivery log, with what was said, and can be "
        "delivered again.",
    )
    validate_answers_200: bool = variable(
        "PARLEY_VALIDATE_ANSWERS_200",
        kinds.flag(),
        False,
        "Whether `POST /v1/validate` says that a secret is bad with HTTP 200 instead of 401, for "
        "clients that were written so.",
        without="`off`",
    )
