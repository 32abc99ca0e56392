/*
 * listen: sockets that listen at the addresses of the configuration
 * (base/address.h). Hosts are numeric or names of this machine (getaddrinfo,
 * at boot only).
 */
#ifndef SYS_LISTEN_H
#define SYS_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum { LISTEN_TEXT_MAX = 128 };

struct listen_options {
	bool reuse_port; /* several sockets share the port */
	/*
	 * Do not listen yet: who is to close it again must let nobody in, whose
	 * connection the close would reset.
	 */
	bool only_bind;
	int send_buffer; /* SO_SNDBUF of what is accepted; 0: kernel's */
	int backlog;
	unsigned mode; /* of a unix socket's file */
	int64_t gid;   /* its group; negative: as the system gives it */
};

/* Where a socket listens really. */
struct listen_place {
	/*
	 * As an address that listen_open takes: port 0 has become the one
	 * that was found, * without IPv6 is 0.0.0.0.
	 */
	char text[LISTEN_TEXT_MAX];
	dev_t device; /* of a unix socket's file, and */
	ino_t inode;  /* 0: there is none, or it is not ours */
	/*
	 * From a service manager: shared with the next process, never to be
	 * shut down.
	 */
	bool is_inherited;
};

/*
 * Bind and listen, unless a service manager has done so for this address
 * (sys/inherited.h): mode and group are its matter then. Returns a non-blocking
 * close-on-exec socket that the caller owns, and fills place; or a negative
 * errno with e filled (address and remedy). [::] is IPv6 only, * both families.
 * A unix socket that nobody serves any more is replaced; one that is served is
 * in use. Its file is nobody's to open before it has its group and mode. Boot
 * only: may block.
 */
int listen_open(const char *address, const struct listen_options *options,
    struct listen_place *place, struct err *e)
    __attribute__((warn_unused_result));

/* Whether the address is unix:/path; such a file goes with listen_remove. */
bool listen_is_unix(const char *address);

/*
 * Whether accept failed with this errno for want of descriptors or memory:
 * who waits would fail it again at once. Else it was EAGAIN, or the peer's own
 * trouble (ECONNABORTED, EPROTO and the like), and the next one may do.
 */
bool listen_is_starved(int error);

/*
 * Whether somebody waits to be accepted from the socket. An accept that finds
 * nobody has made a socket by then, and takes as long as many of these.
 */
bool listen_has_caller(int fd);

/*
 * Remove the file of a unix socket, unless another one has taken its place:
 * that belongs to the next process. Nothing happens for other addresses.
 */
void listen_remove(const struct listen_place *place);

#endif
