/*
 * conf_check_events: conf_check's part of what the app is told of.
 */
#ifndef CONF_CONF_CHECK_EVENTS_H
#define CONF_CONF_CHECK_EVENTS_H

struct conf;
struct mistakes;
struct node;

/*
 * Complete c->events, which is filled from root; what is wrong with it beside
 * other keys goes to m.
 */
void conf_check_events(struct conf *c, struct node *root, struct mistakes *m);

#endif
