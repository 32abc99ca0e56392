/*
 * conf_ref: a configuration in force is shared: what each worker reads stays as
 * it is until the worker itself takes another one.
 */
#ifndef CONF_CONF_REF_H
#define CONF_CONF_REF_H

struct conf;

/*
 * conf_load gives the first reference; the last one back frees. Any thread;
 * NULL is fine.
 */
const struct conf *conf_ref(const struct conf *c);
void conf_unref(const struct conf *c);

#endif
