"""One module or package for each network. They do not import each other."""
