/*
 * admin_publish: /api/publish and /api/control: an envelope, or a command, goes
 * out as an app's would (core/publication).
 */
#ifndef NET_ADMIN_PUBLISH_H
#define NET_ADMIN_PUBLISH_H

struct admin_call;

/* As that of struct admin_page. */
void admin_publish(struct admin_call *c);
void admin_control(struct admin_call *c);

#endif
