/*
 * libraries: what the program is linked with, libc left out. One table, for
 * --version and the metric roomcast_build_info.
 */
#ifndef PROCESS_LIBRARIES_H
#define PROCESS_LIBRARIES_H

struct library {
	const char *name;  /* as its authors spell it; NULL ends the table */
	const char *label; /* of the metric */
	/* The one in use where the library says it, else of its headers. */
	const char *(*version)(void);
};

extern const struct library libraries[];

#endif
