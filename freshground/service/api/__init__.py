"""The query service: Azure AI Search's data-plane protocol over releases and clients' indexes."""
