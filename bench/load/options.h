/*
 * options: the command line of the load client.
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "publish.h"

struct options {
	const char *url; /* ws://host:port/path, or wss: */
	bool is_tls;
	bool resumes;
	const char *session; /* a file; NULL: none to begin with */
	bool deflates;
	bool is_json;
	const char *path;
	const struct dialect *dialect; /* NULL: plain frames */
	struct buf headers;            /* each with its line end */
	char room[256];                /* the name behind the path */
	const char *publish;           /* NULL: only connect */
	enum publish_form form;
	size_t connections;
	uint32_t rooms;
	uint32_t parallel;
	uint32_t repeat;      /* 0: open once */
	bool takes_new_rooms; /* when it opens again */
	uint64_t rate;
	uint64_t messages;
	uint64_t seconds;
	uint32_t window;
	size_t size;
	bool is_random;
	uint32_t arrivals;
	uint64_t arrival_rate;
	const char *arrival_path;
	uint32_t arrival_rooms;
	uint64_t missed; /* messages each of them is to get; 0: none */
	bool is_stalled;
	int receive_buffer;
	uint64_t later_s;
	uint64_t idle_s;
	uint64_t settle_ms;
	uint64_t patience_ms;
	pid_t server_pid; /* 0: not measured */
};

/* Fill from argv; prints what is wrong, or the help, and exits. */
void options_parse(struct options *o, int argc, char **argv);
void options_fini(struct options *o);

#endif
