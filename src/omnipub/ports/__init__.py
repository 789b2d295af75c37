"""The ports through which services touch the world. A process may die at every call of one."""
