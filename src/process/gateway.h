/*
 * gateway: all that serves, put together: each part is booted behind those that
 * it needs, and shut down before them.
 */
#ifndef PROCESS_GATEWAY_H
#define PROCESS_GATEWAY_H

struct conf;

/*
 * Serve by this configuration (borrowed, its routes get numbers; the files that
 * it names are read again on SIGHUP) until a signal has ended it and the last
 * connection is gone. Returns the status to exit with; why it cannot start is
 * in the log. Main thread, once.
 */
int gateway_serve(struct conf *conf);

#endif
