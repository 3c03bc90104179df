"""Many lanes, several families of workers, several hosts."""
