"""Search over rows in memory: what queries of the service are answered from. Pure, no I/O.

Names of fields are those that apps see; `indexes.search.managed` maps an index's own columns to
them. `contract` says what a view of rows can do, `plan` what one search asks for, `execute` joins
the two.
"""
