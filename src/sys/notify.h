/*
 * notify: tell systemd how it goes (sd_notify(3), Type=notify).
 *
 * The protocol is one datagram to $NOTIFY_SOCKET, stable and documented; that
 * is why libsystemd and what it pulls in are not linked.
 */
#ifndef SYS_NOTIFY_H
#define SYS_NOTIFY_H

/*
 * Send lines such as "READY=1". Nothing happens without $NOTIFY_SOCKET, and
 * nothing waits for the manager.
 */
void notify_send(const char *state);

/*
 * notify_send in two steps, for what is sent again and again: a socket that the
 * caller owns, or -1, which notify_send_on takes, too.
 */
int notify_open(void);
void notify_send_on(int fd, const char *state);

/* How often at least the manager wants to hear "WATCHDOG=1"; 0: never. */
long notify_watchdog_usec(void);

#endif
