"""A local Airflow for `make up` and `dags.once`: environment, PostgreSQL, processes."""
