import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from config.environment import kinds
from config.environment.kinds import Network
from config.environment.variable import variable

SIGNING_KEY = kinds.text("a key", "…", minimum=32)


@dataclass(frozen=True, slots=True)
class Server:
    heading: ClassVar[str] = "Server"

    data_dir: Path = variable(
        "PARLEY_DATA_DIR",
        kinds.path("/var/lib/parley"),
        Path("var"),
        "Folder of the database, the generated keys and the collected static files. "
        "A relative one starts at the repository.",
    )
    public_url: str = variable(
        "PARLEY_PUBLIC_URL",
        kinds.url("https://avatars.example.org", "http", "https", bare=True),
        "",
        "Where browsers reach Parley. Decides the allowed hosts, CSRF and WebSocket origins and "
        "absolute links; with https also secure cookies and HSTS. An address that is not this "
        "machine's own takes `/demo` away.",
        without="`http://localhost:$PORT`",
    )
    hosts: tuple[str, ...] = variable(
        "HOST",
        kinds.listed(kinds.address(), "IP addresses, separated by commas", "0.0.0.0,::"),
        ("127.0.0.1", "::1"),
        "Addresses to listen on; `0.0.0.0,::` for every network card.",
        without="`127.0.0.1,::1`",
    )
    port: int = variable(
        "PORT", kinds.whole(1, 65535, 8000), 8000, "Port to listen on for HTTP and WebSockets."
    )
    trusted_proxies: tuple[Network, ...] = variable(
        "PARLEY_TRUSTED_PROXIES",
        kinds.listed(
            kinds.network(), "networks or addresses, separated by commas", "127.0.0.1,10.0.0.0/8"
        ),
        (),
        "Proxies whose `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` count. "
        "From anyone else these headers are dropped.",
        without="no proxy",
    )
    database: dict[str, Any] | None = variable(
        "DATABASE_URL",
        kinds.database(),
        None,
        "PostgreSQL or another SQLite file.",
        without="SQLite in the data folder",
    )
    redis_url: str = variable(
        "REDIS_URL",
        kinds.url("redis://localhost:6379/0", "redis", "rediss"),
        "",
        "Redis for the channel layer and the cache: needed as soon as there is a second process.",
        without="this process's memory",
    )
    drain_s: int = variable(
        "PARLEY_DRAIN_SECONDS",
        kinds.whole(0, 3600, 30, "seconds"),
        30,
        "How long live visits may go on after SIGTERM; a second SIGTERM ends them at once.",
    )

    @property
    def local(self) -> bool:
        """Whether browsers find it on this machine alone, as far as its public address says."""
        name = urlsplit(self.public_url).hostname or "localhost"
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return name == "localhost" or name.endswith(".localhost")


@dataclass(frozen=True, slots=True)
class Keys:
    heading: ClassVar[str] = "Keys"

    secret_key: str = variable(
        "SECRET_KEY",
        kinds.text("a key of at least 32 characters", "…", minimum=32),
        "",
        "Signs console sessions.",
        without="a generated key in the data folder",
    )
    storage_keys: tuple[str, ...] = variable(
        "PARLEY_STORAGE_KEYS",
        kinds.listed(
            SIGNING_KEY, "keys of at least 32 characters, separated by commas", "new…,old…"
        ),
        (),
        "Encrypt what is stored and must be read again, such as webhooks' secrets and providers' "
        "keys: the first encrypts, all decrypt. Machines that share a database share them.",
        without="a generated key in the data folder",
    )
    signing_keys: tuple[str, ...] = variable(
        "PARLEY_SIGNING_KEYS",
        kinds.listed(
            SIGNING_KEY, "keys of at least 32 characters, separated by commas", "new…,old…"
        ),
        (),
        "Sign visitors' tokens: the first signs, all verify. To rotate, put a new one in front "
        "and remove the old one an hour later.",
        without="a generated key in the data folder",
    )


@dataclass(frozen=True, slots=True)
class Diagnosis:
    heading: ClassVar[str] = "Logs and development"

    log: str = variable(
        "PARLEY_LOG", kinds.choice("text", "json"), "text", "Shape of the log lines: text or json."
    )
    log_level: str = variable(
        "PARLEY_LOG_LEVEL",
        kinds.choice("INFO", "DEBUG", "WARNING", "ERROR"),
        "INFO",
        "Least serious lines to log. The conversation engine never logs below INFO, since its "
        "debug lines carry speech.",
    )
    debug: bool = variable(
        "DEBUG",
        kinds.flag(),
        False,
        "Django's debug pages and unhashed static files. Never on a public address.",
        without="`off`",
    )
    metrics_networks: tuple[Network, ...] = variable(
        "PARLEY_METRICS_NETWORKS",
        kinds.listed(kinds.network(), "networks or addresses, separated by commas", "10.0.0.0/8"),
        (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1")),
        "Who may read `/metrics`.",
        without="`127.0.0.0/8,::1`",
    )
    allow_loopback_urls: bool = variable(
        "PARLEY_ALLOW_LOOPBACK_URLS",
        kinds.flag(),
        False,
        "Lets addresses that tenants supply point at this machine, for development.",
        without="`off`",
    )
    env_file: str = variable(
        "PARLEY_ENV_FILE",
        kinds.text("a file", "/etc/parley.env"),
        ".env",
        "File of further variables, `NAME=value` a line; the environment wins. "
        "A relative one starts at the repository.",
    )
