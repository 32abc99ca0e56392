/* conf_tls: see conf_tls.h. */
#include "conf/conf_tls.h"

#include "conf/mistakes.h"
#include "conf/node.h"

void conf_tls_check_pair(
    const struct conf_tls *tls, struct node *n, struct mistakes *m)
{
	if (n && !tls->certificate != !tls->key)
		mistakes_at(m, n,
		    "certificate and key go together: %s is missing",
		    tls->key ? "certificate" : "key");
}

void conf_tls_complete(struct conf_tls *tls, struct node *n, bool is_secure,
    const struct conf_tls_url *url, struct mistakes *m)
{
	if (n && tls->is_on && !is_secure)
		mistakes_at_key(m, n, "needs a %s that begins with %s",
		    url->key, url->secure);
	else if (n && !tls->is_on && is_secure)
		mistakes_at(m, n,
		    "is off, but %s in %s is TLS: leave this away%s%s",
		    url->secure, url->key, url->plain ? ", or write " : "",
		    url->plain ? url->plain : "");
	conf_tls_check_pair(tls, n, m);
	tls->is_on = is_secure;
}
