/* admin_reload: the page /api/reload, which reads all that was configured. */
#ifndef NET_ADMIN_RELOAD_H
#define NET_ADMIN_RELOAD_H

struct admin_call;

/* As SIGHUP does; the answer says what has come of it. Main thread. */
void admin_reload(struct admin_call *c);

#endif
