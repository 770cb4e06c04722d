"""What Threads and Instagram share: a container is made, unseen, and published when the network has finished it.

A container can be looked up: its status says whether it was published. So an attempt whose answer was lost is settled
by the network itself, and a retry publishes the same container.
"""

from channels._containers.channel import ContainerChannel, ContainerSettings

__all__ = ["ContainerChannel", "ContainerSettings"]
