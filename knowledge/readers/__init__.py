"""One reader for each kind of document: a path in, blocks out; for a process with bounds."""
