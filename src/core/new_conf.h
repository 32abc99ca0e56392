/*
 * new_conf: a configuration on its way to a worker (core/mail), with what its
 * transport has made of the files that it names.
 */
#ifndef CORE_NEW_CONF_H
#define CORE_NEW_CONF_H

struct conf;

struct new_conf {
	const struct conf *conf; /* a reference */
	void *net;               /* owned; or NULL */
	void (*free_net)(void *net);
};

/* Aborts when memory is out; takes net, and a reference of conf. */
struct new_conf *new_conf_new(
    const struct conf *conf, void *net, void (*free_net)(void *net));
void new_conf_free(struct new_conf *n);

#endif
