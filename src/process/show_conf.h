/*
 * show_conf: what the command line asks about a configuration: whether it is
 * fine (--check-config), or all of its values (--dump-config).
 */
#ifndef PROCESS_SHOW_CONF_H
#define PROCESS_SHOW_CONF_H

struct arguments;
struct conf;

/*
 * Print what is asked for to standard output; what is wrong with the files
 * that conf names goes to standard error. Returns the status to exit with.
 * Instead of booting.
 */
int show_conf(const struct conf *conf, const struct arguments *a);

#endif
