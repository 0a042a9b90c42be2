"""One request to a receiver, and what became of it. Whether and when it is made again is judged in dispatch."""
