"""HTTP on 127.0.0.1 for programs of this machine: one base for the API's gateway and for the sandbox."""
