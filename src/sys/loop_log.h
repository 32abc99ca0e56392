/*
 * loop_log: what libevent has to say goes through base/log. By itself it
 * writes to standard error with stdio, which waits for whoever reads there,
 * and as often as it likes.
 */
#ifndef SYS_LOOP_LOG_H
#define SYS_LOOP_LOG_H

/* Begin, for the whole process: libevent has one log. First in main. */
void loop_log_setup(void);

#endif
