/*
 * conf_listen: see conf_listen.h. A PROXY header is as good as whoever sends
 * it: from a peer that is not listed it would let anybody choose an address.
 */
#include "conf/conf_listen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/mistakes.h"
#include "conf/node.h"

static void compile_trusted(
    struct conf_listen *listen, struct node *n, struct mistakes *m)
{
	size_t count = listen->trusted.count;
	struct node *trusted = node_find(n, "trusted");

	listen->trusted_prefixes =
	    xcalloc(count, sizeof *listen->trusted_prefixes);
	for (size_t i = 0; i < count; i++) {
		const char *text = listen->trusted.items[i];
		struct err e;

		if (text && prefix_parse(&listen->trusted_prefixes[i],
				slice_str(text), &e) < 0)
			mistakes_at(m, trusted->children[i], "%s", e.text);
	}
}

/* Who may open a unix socket is a matter of its permissions. */
static bool needs_trusted(const struct conf_listen *listen)
{
	return listen->proxy_protocol && listen->trusted.count == 0 &&
	       listen->address && strncmp(listen->address, "unix:", 5) != 0;
}

/*
 * What is asked of clients needs somebody whose word counts. To be let in
 * without a certificate where `required` is written would be the worst of all.
 */
static void check_client_keys(
    const struct conf_listen *listen, struct node *n, struct mistakes *m)
{
	static const char why[] = "needs client_ca beside it, the file of "
				  "those who sign clients' certificates";
	struct node *tls = node_find(n, "tls");
	struct node *ca = node_child(tls, "client_ca");
	struct node *mode = node_child(tls, "client_certificate");

	if (listen->tls.client_ca || (ca && ca->has_mistake))
		return;
	if (mode && !mode->has_mistake)
		mistakes_at(m, mode, "%s", why);
	if (listen->tls.client_crl)
		mistakes_at(m, node_find(tls, "client_crl"), "%s", why);
}

/* Whoever wrote it wants what would never happen. */
static void check_ticket_keys(
    const struct conf_listen *listen, struct node *n, struct mistakes *m)
{
	if (listen->tls.ticket_keys && listen->tls.client_ca)
		mistakes_at(m, node_find(n, "tls.ticket_keys"),
		    "has no use beside client_ca, where no session is "
		    "resumed: take it out");
}

void conf_listen_complete(void *item, struct node *n, struct mistakes *m)
{
	struct conf_listen *listen = item;
	struct node *trusted = node_child(n, "trusted");

	conf_access_complete(&listen->access, listen->address, n, m);
	check_client_keys(listen, n, m);
	check_ticket_keys(listen, n, m);
	if (listen->trusted.count > 0)
		compile_trusted(listen, n, m);
	if (needs_trusted(listen) && !(trusted && trusted->has_mistake))
		mistakes_at(m, node_find(n, "proxy_protocol"),
		    "needs the addresses of the proxies beside it, as in "
		    "trusted: [10.0.0.0/8]");
}

void conf_listen_fini(void *item)
{
	struct conf_listen *listen = item;

	free(listen->trusted_prefixes);
	listen->trusted_prefixes = NULL;
}
