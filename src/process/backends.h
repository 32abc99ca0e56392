/*
 * backends: which backend serves a configuration.
 */
#ifndef PROCESS_BACKENDS_H
#define PROCESS_BACKENDS_H

struct backend_ops;
struct conf;

/* Its operations, which are there for ever. */
const struct backend_ops *backends_choose(const struct conf *conf);

#endif
