/*
 * notify: tell systemd how it goes (sd_notify(3), Type=notify).
 *
 * The protocol is one datagram to $NOTIFY_SOCKET, stable and documented; that
 * is why libsystemd and what it pulls in are not linked.
 */
#ifndef SYS_NOTIFY_H
#define SYS_NOTIFY_H

/* Send lines such as "READY=1". Nothing happens without $NOTIFY_SOCKET. */
void notify_send(const char *state);

#endif
