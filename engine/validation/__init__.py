"""From a parsed file to every finding of the rules that need no translation; translation finds its own faults.

Nothing is imported here: who only asks for the rules' names need not wait for the checks.
"""
