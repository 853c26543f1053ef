"""What office files wrap and their readers pass over, laid open before they read: one module each.

Insertions that are tracked, content controls, fields, text boxes, charts, diagrams, formulas.
"""
