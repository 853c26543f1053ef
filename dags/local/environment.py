"""The environment variables of a local Airflow: nothing leaves the machine, nothing is shared."""

from __future__ import annotations

from pathlib import Path

import dags

QUIET = {
    "DO_NOT_TRACK": "1",
    "SCARF_ANALYTICS": "false",
    "UNSTRUCTURED_DISABLE_NOTICE": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}
"""What keeps every library here from reporting that it is used."""


def environment(home: Path, settings_file: Path, database: str) -> dict[str, str]:
    """Return the variables with which Airflow finds our DAGs, and nothing else.

    `home` becomes AIRFLOW_HOME; `database` is a SQLAlchemy URL.
    """
    return {
        **QUIET,
        "HF_HUB_OFFLINE": "1",
        "AIRFLOW_HOME": str(home),
        "FRESHGROUND_SETTINGS": str(settings_file),
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(dags.__file__).resolve().parent),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
    }
