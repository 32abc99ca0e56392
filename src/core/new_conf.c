#include "core/new_conf.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conf/conf_ref.h"

struct new_conf *new_conf_new(
    const struct conf *conf, void *net, void (*free_net)(void *net))
{
	struct new_conf *n = xmalloc(sizeof *n);

	*n = (struct new_conf){ conf_ref(conf), net, free_net };
	return n;
}

void new_conf_free(struct new_conf *n)
{
	conf_unref(n->conf);
	if (n->net)
		n->free_net(n->net);
	free(n);
}
