"""Jobs of the leader process, and the leases under which each of them runs in one process at a time."""
