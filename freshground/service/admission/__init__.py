"""Admission: what is found in documents, what the policy of their source makes of it, and how."""
