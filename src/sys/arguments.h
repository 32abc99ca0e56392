/*
 * arguments: the command line.
 */
#ifndef SYS_ARGUMENTS_H
#define SYS_ARGUMENTS_H

#include <stdbool.h>

enum { ARGUMENTS_EXIT_USAGE = 2 }; /* bad usage or configuration */

struct arguments {
	const char *file; /* borrowed from argv */
	bool check;
	bool dump;
	bool health;
	bool version;
};

/*
 * Read the command line into a, which holds the defaults. --help is done
 * here. Returns -1 to go on, or the status to exit with.
 */
int arguments_parse(int argc, char **argv, struct arguments *a);

#endif
