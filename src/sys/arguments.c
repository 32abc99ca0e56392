#include "sys/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "Usage: roomcast [-c FILE] [--check-config | --dump-config | --health]\n"
    "       roomcast --version | --help\n"
    "\n"
    "A WebSocket fan-out gateway: what apps publish to Redis reaches the\n"
    "browsers that hold a WebSocket to it.\n"
    "\n"
    "  -c, --config FILE  the configuration (default: "
    "/etc/roomcast/roomcast.yaml)\n"
    "  --check-config     read and check the configuration, then exit\n"
    "  --dump-config      print the effective values, secrets masked\n"
    "  --health           ask the running gateway (admin.listen) whether it is\n"
    "                     well, then exit\n"
    "  --version          print the version, the commit, the libraries and the\n"
    "                     features\n"
    "  --help             print this\n"
    "\n"
    "SIGTERM, SIGINT and SIGQUIT: clients get in for shutdown.delay, all are\n"
    "closed over shutdown.drain, then it exits; another one, a second later or\n"
    "more, exits at once. SIGHUP reads the configuration again, and all files\n"
    "that it names. SIGUSR1 writes the state to the log.\n"
    "Exit status: 0 fine, 1 run-time failure, 2 bad usage or configuration.\n";

static int bad_usage(const char *what, const char *arg)
{
	(void)fprintf(
	    stderr, "roomcast: %s: %s\nTry 'roomcast --help'.\n", what, arg);
	return ARGUMENTS_EXIT_USAGE;
}

int arguments_parse(int argc, char **argv, struct arguments *a)
{
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];

		if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
			(void)fputs(usage_text, stdout);
			return EXIT_SUCCESS;
		}
		if (strcmp(arg, "--version") == 0) {
			a->version = true;
		} else if (strcmp(arg, "--check-config") == 0) {
			a->check = true;
		} else if (strcmp(arg, "--dump-config") == 0) {
			a->dump = true;
		} else if (strcmp(arg, "--health") == 0) {
			a->health = true;
		} else if (strcmp(arg, "-c") == 0 ||
			   strcmp(arg, "--config") == 0) {
			if (++i == argc)
				return bad_usage(
				    "a file name must follow", arg);
			a->file = argv[i];
		} else {
			return bad_usage("unknown argument", arg);
		}
	}
	return -1;
}
