"""Airflow: DAGs made from freshground.yaml. They call `freshground.service.stages`."""
