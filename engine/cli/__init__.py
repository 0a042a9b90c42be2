"""The commands of `aptic-definitions`: arguments in, results on stdout. What both programs share is in commandline."""
