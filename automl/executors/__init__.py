"""The executors that come with the kernel: one thread in this process, and warm local processes."""
