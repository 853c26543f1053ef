"""What other people's tools watch: Prometheus and Grafana, and traces for OpenTelemetry."""
