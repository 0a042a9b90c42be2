"""The commands: typed arguments in, results on stdout, troubles on stderr. Only here is the environment read."""
