/*
 * show_version: what --version prints: a line each for the version, the commit,
 * the libraries and the features.
 */
#ifndef PROCESS_SHOW_VERSION_H
#define PROCESS_SHOW_VERSION_H

/* Print it to standard output. Returns the status to exit with. */
int show_version(void);

#endif
