/* reload: see reload.h. */
#include "net/reload.h"

#include <stdbool.h>

#include "base/log.h"
#include "conf/conf.h"
#include "conf/conf_passwords.h"
#include "conf/mistakes.h"
#include "core/hub.h"
#include "net/auth_keys.h"
#include "net/authenticators.h"
#include "net/listener.h"
#include "net/net_shared.h"

/*
 * Read all, whatever is wrong with some. Returns whether all can be used; the
 * certificates wait with their listeners.
 */
static bool read_all(struct net_shared *shared, const struct conf *conf,
    struct auth_keys **keys, struct mistakes *problems)
{
	bool is_good;

	conf_passwords_try(conf, problems);
	is_good = problems->count == 0;
	*keys = auth_keys_read(conf, problems);
	return listeners_read_tls(shared->listeners) == 0 && *keys && is_good;
}

/* The backend, which reads its file itself, comes first: it may yet fail. */
static bool use_all(
    struct net_shared *shared, struct hub *hub, struct auth_keys **keys)
{
	struct err e;

	if (hub_reload(hub, &e) < 0) {
		log_error("reload", "the backend cannot use its file",
		    kv_text("error", slice_str(e.text)));
		return false;
	}
	authenticators_use(shared->authenticators, keys);
	listeners_use_tls(shared->listeners);
	return true;
}

void reload_files(
    struct net_shared *shared, const struct conf *conf, struct hub *hub)
{
	struct mistakes problems = { 0 };
	struct auth_keys *keys;

	log_info("reload", "reading keys, certificates and passwords again",
	    kv_none);
	if (read_all(shared, conf, &keys, &problems) &&
	    use_all(shared, hub, &keys)) {
		log_info("reload",
		    "all files are in use; changes of the "
		    "configuration need a restart",
		    kv_none);
	} else {
		listeners_drop_tls(shared->listeners);
		mistakes_log(&problems, conf->file, "reload");
		log_error("reload",
		    "nothing has changed: mend the files above "
		    "and send SIGHUP again",
		    kv_none);
	}
	auth_keys_unref(keys);
	mistakes_fini(&problems);
}
