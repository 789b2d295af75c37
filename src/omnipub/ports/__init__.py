"""The ports: interfaces to everything outside the process. A process may die at every call of one."""
