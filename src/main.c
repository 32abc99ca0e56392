/*
 * roomcast: a WebSocket fan-out gateway. This file reads the arguments and the
 * configuration; process/gateway does what they ask for.
 *
 * The map. A file includes its own folder and lower floors only.
 *
 *   base/    knows nothing of the project
 *     err log log_levels log_out log_recent log_follow fatal mem sanitizer buf
 *     slice list
 *     map hash clock bucket spell
 *     reached wheel mailbox slots file ascii utf8 base64url address ip prefix
 *     suggest
 *     crypto hmac public_key signature         on OpenSSL's libcrypto
 *   proto/   pure protocol code, no sockets
 *     json json_tree json_write    JSON: scanned, as a tree, written
 *     object object_names      as an object's keys, names among them
 *     envelope envelope_lists envelope_reason control targets    what a
 *                              publisher sends
 *     http http_fields http_query handshake    a client's request head
 *     http_phrase              what a status is called
 *     http_reply               an HTTP answer, as the hook gets it
 *     proxy forwarded origin cookie token glob    what a head may hold
 *     names                    what rooms, users and claims may be called
 *     alias_list               what a client was called
 *     jwt jwt_keys jwk         tokens
 *     frame wsdec              WebSocket frames out and in
 *     sse                      server-sent events
 *     deflate_offer deflater   permessage-deflate
 *     server_name              the host that a TLS client wants
 *     ticket_keys              by what it comes back without a full handshake
 *     mark stretch redis_pattern             what instances agree on order by
 *     hash_tag                 which keys of a cluster are together
 *     resp resp_values resp_items resp_write inline    Redis' protocol
 *   conf/    the configuration: rows, engine, errors with line and column
 *     yamldoc node mistakes    a file as a tree, what is wrong in it
 *     environment expand variable    what the environment fills in
 *     quantity secret url paths    values
 *     schema schema_member     the engine, whatever the rows are
 *     schema_read schema_hint schema_preset schema_value schema_reference
 *     schema_dump schema_json schema_differences
 *     conf conf_ref            what all go by, for as long as they do
 *     conf_load conf_print     how it is read, and printed,
 *     conf_change conf_channels    and changed while all runs,
 *     conf_generations         with those before that still count
 *     conf_log                 what is logged from now on
 *     conf_listen conf_access conf_auth conf_route    its parts
 *     conf_redis conf_sources conf_events conf_origin conf_strings conf_tls
 *     conf_rows conf_rows_clients conf_rows_auth    its keys
 *     conf_rows_redis conf_rows_sentinel conf_rows_cluster conf_rows_tls
 *     conf_rows_listen_tls
 *     conf_rows_delivery conf_rows_events conf_rows_run conf_rows_parts
 *     conf_check conf_check_events conf_passwords reserved pattern
 *     conf_notes conf_notes_history conf_notes_unused    what may not be meant
 *   sys/     the operating system
 *     arguments listen inherited limits quota notify
 *     build usage              of this program, this process
 *     connect                  for who has nothing else to do meanwhile
 *     timer intake signals loop_log resolve dial      on libevent
 *     tls tls_bio pieces       on libssl: a stream
 *     tls_handover tls_records tls_cipher    and without it, once hands are
 *     tls_aead tls_aead_evp tls_aead_mb      shaken
 *     tls_server tls_contexts tls_hosts    for clients, by the host they want,
 *     tls_tickets              or the ticket that they have,
 *     tls_visitors tls_subject    and the certificate that they show,
 *     tls_ciphers tls_pair tls_dates tls_trial tls_failure
 *     tls_client tls_trust tls_refusal    and towards servers
 *     wire                     a socket of those, in plain or through TLS
 *   core/    rooms, connections and the way of a message; waits for sockets
 *            of clients, but never reads or writes them
 *     hub hub_state hub_sink hub_events hub_seats
 *     router parse glance dropped kinds lookup aim compressor
 *                              main thread: payload to workers
 *     interest watches outbox  which of them care, what is posted to them
 *     pace quiet               not more than they take; nothing for long
 *     keeper                   what there has been lately,
 *     parking replay           again for some, once it is known from where on
 *     pages                    and it is their turn; a page at a time,
 *     allowances cursor_age    and how much of it; how long they were away
 *     announce                 what all with ids are told of it
 *     history history_keep history_ring    how it is kept,
 *     history_marks history_find place    what its positions are called,
 *     history_reader history_names        for whom it is,
 *     history_collect history_search      from where on, and how far back,
 *     history_chain history_hits          found without a look at all of it
 *     history_forget           and kept no more
 *     message command mail ask new_conf    what threads hand each other
 *     turn turn_mail worker    a thread that serves clients
 *     fanout run steer         to whom a message, several, a command goes
 *     sweep                    how much is under way, and for how long
 *     behind resume note       who is to get that first
 *     moves catch_up           and by which rooms; who falls behind
 *     gap lost_rooms           all, when messages may have been missed
 *     aliases                  what it was called, for who spares it
 *     deliver slow flush       into what waits for one, and out of it,
 *     bulk                     where it is large
 *     backlog outq spares      what waits,
 *     ages                     and for how long
 *     conn ids poller          a client, and when its socket is ready
 *     membership room          who is in which room
 *     closing relief           how all go, or those who hold most
 *     metrics metrics_names metrics_text metrics_labels metrics_json    what is
 *     samples                  counted, as it is shown, and as it was lately
 *     closed refused           by reason
 *     survey roster conn_text    who is here, for operators,
 *     census                   and in which rooms
 *     publication              what they publish
 *     app_event tell_app       what the app is told of all that
 *     retell                   once more, under another name
 *     seats seats_page presence    who is in which room, for the app:
 *     occupancy seat_rounds    of all workers
 *     pulse                    whether all workers turn
 *     backend transport        what is asked of the floor above
 *     server_tls               TLS towards servers, as it is configured
 *   net/     clients and operators
 *     transport                what core asks, by a connection's state
 *     listener listener_tls accept certificates tickets tls_report    sockets,
 *                              clients that come
 *     upgrade arrival clients addresses health    one, until its head is there
 *     decide verdict request pending    the verdict, or a question,
 *     heard                    and how long it took
 *     admit route route_rooms identity    what it goes by
 *     refuse refuse_close cors preflight    an HTTP answer, or
 *     cursor lookback former welcome    where it begins, as whom, with what
 *     session session_ops      an open connection,
 *     session_form websocket events    and how it speaks
 *     access_log visit visits  what is written of all that
 *     goodbye linger io        its end; the calls on its socket
 *     authenticators auth_files who it is, by a token
 *     auth_certificate         or a certificate
 *     hooks hook hook_call hook_request
 *     hook_answer hook_failure    or by the app's word
 *     jwks jwks_source jwks_sources    whose keys may come from a server,
 *     jwks_fetch jwks_failure keys_wait    and have to be waited for
 *     http_pool http_link http_tls    how servers are asked
 *     net_shared               what workers share
 *     reload_report            what has come of reading all of it again
 *     admin admin_client       what operators ask,
 *     admin_answer admin_call admin_params    how,
 *     admin_guard admin_token    and who may
 *     admin_pages admin_view   and what there is
 *     admin_ready admin_status admin_trouble    how it goes, what went wrong
 *     admin_recent admin_window admin_graphs    in the last ten minutes
 *     status_page              as a browser shows it
 *     admin_connections admin_rooms admin_publish admin_log admin_tail
 *     admin_reload
 *   backend/ where payloads come from
 *     sources source_rooms     payloads from several Redis servers
 *     redis                    or from one:
 *     redis_pubsub redis_session redis_outage    by its channels
 *     redis_tally              and what is counted of it
 *     redis_whole              what becomes of the whole as its parts come
 *     redis_wanted redis_subscriber redis_flush    what is subscribed, and when
 *     redis_channels redis_channel redis_channel_set redis_flights
 *     redis_push redis_refusal    what comes of it
 *     redis_sharding redis_sharded redis_shard    of rooms by their slots
 *     redis_site               each at a master, as long as it is one
 *     redis_site_map redis_looks redis_lost    where those are, when that is
 *                              asked, which miss something
 *     redis_unserved           and which are nowhere
 *     redis_canary             whether it would come
 *     redis_order redis_marks redis_held    an order that all agree on
 *     redis_warmup             whether others have kept more
 *     redis_app                what goes back to the app:
 *     redis_presence redis_presence_talk    who is in which room,
 *     redis_presence_words redis_presence_answer    by scripts,
 *     redis_presence_pace redis_presence_refusal    at leisure, or why not
 *     redis_stream redis_turns    a stream that is read
 *     redis_tail redis_tail_next redis_tail_answer    how far, and all of it
 *     redis_back redis_known   where it begins, or has forked
 *     redis_entries redis_stream_info    what is in it
 *     redis_stream_reader redis_stream_sink
 *     redis_stream_state       and what is told of it
 *     redis_publisher          what operators publish
 *     redis_events redis_events_batch    what the app is told, in order
 *     redis_tls                through TLS
 *     redis_link redis_failure    a connection, why there is none
 *     redis_approach redis_greeting    where one begins
 *     redis_role redis_moved   and whether it leads to a master, still
 *     redis_cut_off            that is with the others
 *     redis_dial redis_find redis_url redis_login    where to, as whom
 *     redis_sentinels redis_sentinel    and by what sentinels say
 *     redis_quorum redis_rumour redis_announced    whom to believe
 *     redis_cluster redis_node redis_nodes    or by nodes of a cluster
 *     redis_slot redis_slots redis_redirect    which of them has what
 *     redis_follow             and where they send us
 *     redis_places             which of these goes for what
 *     embedded embedded_pool embedded_publisher    a port that speaks it
 *     embedded_strangers       those who have not said the password
 *     embedded_commands embedded_settings embedded_call    what may be asked
 *     embedded_publish embedded_stream embedded_stray    what brings payloads
 *     embedded_events embedded_listen embedded_told    what the app is told,
 *                              if it asks
 *     embedded_session embedded_transaction
 *     channels                 of both: what is carried
 *   process/ all of it put together
 *     gateway                  the boot in order, and backwards
 *     backends                 where payloads come from, as it is configured
 *     capacity notes           how much of it there may be, what is said of it
 *     reload route_numbers     all that was configured, read again
 *     workers threads          who serves clients, on which threads
 *     watchdog stop            whether it lives, how it goes away
 *     status_line              what the service manager shows of it
 *     vitals                   what it takes of the machine
 *     state                    what SIGUSR1 asks for
 *     show_conf ask_health show_version    what the command line asks, instead
 *     libraries                what it is made with
 *   ctl/     roomcastctl, a program of its own: what operators ask of all that
 *     ctl args verb verbs      from its arguments to a command
 *     reach inquire stream     where the gateway is, what it says
 *     call                     for all commands, which are
 *     status lists publish operate token tail
 *     listen heard websocket ws_url    a client, as pages are
 *     signer                   a token, which the gateway then checks
 *     table field units        on paper
 *
 * The way of a message: backend on_message -> hub -> router -> message_new
 * -> outbox -> mailbox -> turn_mail -> fanout or run -> deliver
 * -> flush or bulk -> io_writev.
 * The way of a client: accept -> upgrade -> decide, with admit -> session
 * -> goodbye -> linger.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/conf.h"
#include "conf/conf_load.h"
#include "conf/conf_log.h"
#include "conf/conf_ref.h"
#include "process/ask_health.h"
#include "process/gateway.h"
#include "process/show_conf.h"
#include "process/show_version.h"
#include "sys/arguments.h"
#include "sys/loop_log.h"
#include "sys/signals.h"

/* So that no socket ever gets the number of standard output or error. */
static void open_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

static int load_conf(const char *file, struct conf **conf)
{
	struct buf errors = { 0 };
	int status = conf_load(file, conf, &errors);

	if (errors.len > 0)
		(void)fwrite(errors.data, 1, errors.len, stderr);
	buf_fini(&errors);
	return status;
}

int main(int argc, char **argv)
{
	struct arguments a = { .file = "/etc/roomcast/roomcast.yaml" };
	struct conf *conf;
	int status;

	signals_hold();
	status = arguments_parse(argc, argv, &a);
	if (status >= 0)
		return status;
	open_standard_files();
	if (a.version)
		return show_version();
	log_start();
	if (load_conf(a.file, &conf) < 0)
		return ARGUMENTS_EXIT_USAGE;
	if (a.health) {
		status = ask_health(conf);
	} else if (a.check || a.dump) {
		status = show_conf(conf, &a);
	} else {
		conf_log_use(conf);
		loop_log_setup();
		status = gateway_serve(conf);
	}
	conf_unref(conf);
	return status;
}
