"""What is true or false, and what chooses by it: predicates, CASE and its like. How two values compare is in text."""
