"""The operators' dashboard inside Airflow's own user interface, behind Airflow's own log-in."""
