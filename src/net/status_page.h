/*
 * status_page: the page for a browser at / of the admin listener. It is one
 * file without anything from elsewhere (net/status/, put together by the
 * Makefile) and holds no data: it asks /api/ for that, with the token that it
 * is told where there is one. So anybody may have it.
 */
#ifndef NET_STATUS_PAGE_H
#define NET_STATUS_PAGE_H

struct admin_call;

/* As that of struct admin_page. */
void status_page_show(struct admin_call *c);

#endif
