/*
 * conf_log: what a configuration says of the log.
 */
#ifndef CONF_CONF_LOG_H
#define CONF_CONF_LOG_H

struct conf;

/*
 * Write lines as it says from now on: their form, and the level of each part
 * of the gateway. At boot and at a reload. Main thread; others may write
 * meanwhile.
 */
void conf_log_use(const struct conf *c);

#endif
