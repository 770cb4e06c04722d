"""Real servers on loopback, which the channels are tried against: `make test-servers`.

Each is installed once under var/servers/ and started anew, empty, on a free port for each session. Plain pytest neither
installs nor starts any.
"""
