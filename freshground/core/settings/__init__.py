"""`freshground.yaml`: read once, validated once, frozen.

Secrets never stand in the file: a value written as `${NAME}` is taken from the environment.
`FRESHGROUND_LAKE` and `FRESHGROUND_CACHE` override `lake` and `cache`.
"""

from freshground.core.settings.access import Access, Groups
from freshground.core.settings.admission import Action, Admission
from freshground.core.settings.airflow import Airflow, Watcher
from freshground.core.settings.alerts import (
    AirflowChannel,
    AlertKind,
    Alerts,
    ChannelSettings,
    EmailChannel,
    WebhookChannel,
)
from freshground.core.settings.azure import AzureSearch
from freshground.core.settings.containers import Containers
from freshground.core.settings.dashboard import Dashboard, Oidc
from freshground.core.settings.encoders import (
    Chunking,
    EncoderSettings,
    LocalEncoder,
    RemoteEncoder,
)
from freshground.core.settings.freshness import Governor, Percentile, Sla, WallTime, Window
from freshground.core.settings.gates import Canary, DriftGate, DriftMeasure, Gates, RetrievalGate
from freshground.core.settings.guards import (
    Budget,
    DeleteGuard,
    EditGuard,
    GrowthGuard,
    Guards,
    SizeGuard,
    WideningGuard,
)
from freshground.core.settings.indexes import Fusion, IndexField, IndexSettings
from freshground.core.settings.masking import Masking
from freshground.core.settings.parsing import Parsing
from freshground.core.settings.project import Lineage, Settings
from freshground.core.settings.quality import QualityLimits
from freshground.core.settings.reading import SETTINGS_FILE, load, masked, parse
from freshground.core.settings.reranking import RerankerSettings
from freshground.core.settings.scope import Labels, Scope, ScopeRule
from freshground.core.settings.serve import AccessLog, Jwt, Limits, Metrics, Serve, Tls
from freshground.core.settings.sources import (
    FilesSource,
    RecordFields,
    RecordsSource,
    SourceSettings,
)
from freshground.core.settings.telemetry import Telemetry
from freshground.core.settings.values import (
    DottedPath,
    Duration,
    Id,
    Line,
    Section,
    duration,
    is_loopback,
)

__all__ = [
    "SETTINGS_FILE",
    "Access",
    "AccessLog",
    "Action",
    "Admission",
    "Airflow",
    "AirflowChannel",
    "AlertKind",
    "Alerts",
    "AzureSearch",
    "Budget",
    "Canary",
    "ChannelSettings",
    "Chunking",
    "Containers",
    "Dashboard",
    "DeleteGuard",
    "DottedPath",
    "DriftGate",
    "DriftMeasure",
    "Duration",
    "EditGuard",
    "EmailChannel",
    "EncoderSettings",
    "FilesSource",
    "Fusion",
    "Gates",
    "Governor",
    "Groups",
    "GrowthGuard",
    "Guards",
    "Id",
    "IndexField",
    "IndexSettings",
    "Jwt",
    "Labels",
    "Limits",
    "Line",
    "Lineage",
    "LocalEncoder",
    "Masking",
    "Metrics",
    "Oidc",
    "Parsing",
    "Percentile",
    "QualityLimits",
    "RecordFields",
    "RecordsSource",
    "RemoteEncoder",
    "RerankerSettings",
    "RetrievalGate",
    "Scope",
    "ScopeRule",
    "Section",
    "Serve",
    "Settings",
    "SizeGuard",
    "Sla",
    "SourceSettings",
    "Telemetry",
    "Tls",
    "WallTime",
    "Watcher",
    "WebhookChannel",
    "WideningGuard",
    "Window",
    "duration",
    "is_loopback",
    "load",
    "masked",
    "parse",
]
