"""The taking side of the queue: who takes a job has it leased until it is finished or its process dies."""
