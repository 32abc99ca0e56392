/*
 * fleet: all WebSocket connections of the load client and the epoll they
 * share. Opens them with a bounded number of handshakes at a time, again and
 * again if wanted, reads what comes into one buffer, and hands messages to its
 * owner.
 */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include <stddef.h>
#include <stdint.h>

#include "dial.h"
#include "histogram.h"
#include "wsclient.h"

struct fleet_plan {
	const struct dial *server;
	struct tlsclient *tls; /* NULL: plain */
	const char *path;      /* "%d" in it stands for the room's number */
	const struct dialect *dialect; /* NULL: plain frames */
	const char *headers; /* of each request; lines with their ends */
	size_t connections;
	uint32_t rooms;            /* connection i is in room i modulo rooms */
	uint32_t first_room;       /* and so much further */
	uint32_t parallel;         /* handshakes at a time */
	int receive_buffer;        /* SO_RCVBUF; 0: the kernel's choice */
	struct inflater *inflater; /* as wsclient_sink */
};

/* Another file descriptor in the same loop. */
struct fleet_watch {
	void (*on_ready)(void *arg, uint32_t events);
	void *arg;
};

enum { FLEET_WATCHES = 4 };

struct fleet {
	struct fleet_plan plan;
	int epoll;
	struct wsclient *clients; /* owned; plan.connections of them */
	size_t begun;             /* of them, how many tried to connect */
	size_t opening;
	size_t open;
	size_t refused;      /* no 101, or no connection */
	size_t closed;       /* by the server, after the 101 */
	size_t broken;       /* of closed: broke the protocol */
	uint16_t close_code; /* the last one that came */
	uint64_t now_ns;     /* of the latest read */
	uint64_t reads;
	uint64_t bytes;
	struct histogram handshake; /* connect to 101, in ns, all rounds */
	struct buf head;            /* of the request that is sent now */
	struct wsclient_sink sink;
	struct fleet_watch watches[FLEET_WATCHES];
	size_t watch_count;
	uint8_t *buffer; /* owned */
};

/* CLOCK_MONOTONIC in ns. */
uint64_t fleet_clock_ns(void);

/* on_message gets arg and each complete message. Aborts without memory. */
void fleet_init(struct fleet *f, const struct fleet_plan *plan,
    void (*on_message)(void *arg, struct wsclient *client), void *arg);
void fleet_fini(struct fleet *f);

/* Poll fd for events (EPOLLIN, ...) too; never removed. */
void fleet_add_watch(
    struct fleet *f, int fd, uint32_t events, struct fleet_watch watch);

/* Begin connections as far as the plan allows now. */
void fleet_begin(struct fleet *f);

/* The same, until so many have begun. */
void fleet_begin_until(struct fleet *f, size_t count);

/* Wait for events, at most timeout_ms, and handle them. */
void fleet_turn(struct fleet *f, int timeout_ms);

/* Every connection is open or has failed. */
bool fleet_is_settled(const struct fleet *f);

/* Close all: fleet_begin then opens them anew. */
void fleet_close_all(struct fleet *f);

/* Write text with the first "%d" replaced by number into out. */
void fleet_expand(char *out, size_t size, const char *text, uint32_t number);

#endif
