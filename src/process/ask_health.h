/*
 * ask_health: whether the gateway of this configuration is well, by its own
 * word: for a container's HEALTHCHECK, where there is no curl.
 */
#ifndef PROCESS_ASK_HEALTH_H
#define PROCESS_ASK_HEALTH_H

struct conf;

/*
 * Ask for /healthz at admin.listen, for some seconds at most. Returns the
 * status to exit with: 0 when the answer is 200; else why not is on standard
 * error. Instead of booting.
 */
int ask_health(const struct conf *conf);

#endif
