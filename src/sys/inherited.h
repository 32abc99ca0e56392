/*
 * inherited: sockets on which a service manager listens for this process
 * (systemd's socket units, sd_listen_fds(3)). They outlive it: who connects
 * while it restarts waits in the kernel's queue, and is not refused.
 *
 * The protocol is three environment variables, stable and documented; that
 * is why libsystemd is not linked.
 */
#ifndef SYS_INHERITED_H
#define SYS_INHERITED_H

#include <sys/socket.h>

#include "base/err.h"

/*
 * Take the socket that listens at addr: the descriptor, now the caller's,
 * non-blocking and close-on-exec; or -ENOENT when there is none. Whether a
 * socket at [::] serves IPv4, too, its maker has decided. Boot.
 */
int inherited_take(const struct sockaddr *addr)
    __attribute__((warn_unused_result));

/*
 * 0 when every socket was taken. Else -EINVAL with e saying which one was
 * not: its clients would connect and wait for ever. Boot, when all listen.
 */
int inherited_check(struct err *e) __attribute__((warn_unused_result));

#endif
