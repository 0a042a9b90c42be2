"""The taking side of the queue: a job is leased until it is finished or its process dies. Jobs are added in store."""
