/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * swarm: many clients of a Phoenix Channels server in one process, coming and going.
 */
#include "process.h"
#include "swarm/client.h"
#include "swarm/seat.h"
#include "topic.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CONNECTING_MAX 256 /* handshakes at a time */
#define TICK_US        5000
#define RAMP_SECONDS   60 /* at most, for all to connect */
#define QUIET_SECONDS  30 /* at most, for the last answers */
#define HOLD_SECONDS   600

static const char help[] =
    "Usage: swarm --port PORT [options]\n"
    "Many clients of a gameserver on 127.0.0.1. Each connects and joins user:ID, a lobby and a\n"
    "party; then, on and on, a random one joins or leaves a topic, or closes or drops its\n"
    "connection and comes again. Ends with one line of JSON.\n"
    "\n"
    "  --clients N          default 1000\n"
    "  --rate N             operations a second over all, default 500; 0: as fast as answered\n"
    "  --seconds N          of churn after all have connected, default 10\n"
    "  --reconnect PERCENT  operations that end a connection, half of them without closing it,\n"
    "                       default 20\n"
    "  --first-user ID      ids from this one on, default 1\n"
    "  --hold               then stay connected until standard input ends, and print again\n"
    "  --help\n";

static struct lws_context *context;
static lws_sorted_usec_list_t ticker;
static volatile sig_atomic_t interrupted;
static double allowance; /* how many operations the rate allows now */
static bool connecting = true;

static void read_options(int argc, char **argv)
{
    static const struct option longs[] = {
        {"port", required_argument, NULL, 'p'},
        {"clients", required_argument, NULL, 'c'},
        {"rate", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},
        {"reconnect", required_argument, NULL, 'e'},
        {"first-user", required_argument, NULL, 'f'},
        {"hold", no_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct swarm_options *o = &swarm_options;
    int c;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'p':
            o->port = (uint16_t)number_read("port", optarg, 1, 65535);
            break;
        case 'c':
            o->clients = (unsigned)number_read("clients", optarg, 1, 60000);
            break;
        case 'r':
            o->rate = (unsigned)number_read("rate", optarg, 0, 1000000);
            break;
        case 's':
            o->seconds = (unsigned)number_read("seconds", optarg, 0, 3600);
            break;
        case 'e':
            o->reconnect = (unsigned)number_read("reconnect", optarg, 0, 100);
            break;
        case 'f':
            o->first_user = number_read("first-user", optarg, 1, 99999000000);
            break;
        case 'o':
            o->hold = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            exit(2);
        }
    }
    if (!o->port || optind < argc) {
        fputs("swarm needs the --port of a gameserver, and no argument; see --help\n", stderr);
        exit(2);
    }
}

/* Connect clients that have no connection. */
static void connect_idle(void)
{
    static unsigned next;
    lws_usec_t now = lws_now_usecs();

    for (unsigned seen = 0; seen < swarm_options.clients; seen++) {
        struct client *client = &swarm_clients[next];

        if (clients_in(CLIENT_IDLE) == 0 || clients_in(CLIENT_CONNECTING) >= CONNECTING_MAX)
            return;
        next = (next + 1) % swarm_options.clients;
        if (client->state == CLIENT_IDLE && client->retry_at <= now)
            client_connect(client, context);
    }
}

static void churn_at_rate(void)
{
    static lws_usec_t before;
    lws_usec_t now = lws_now_usecs();

    if (before)
        allowance += swarm_options.rate * ((double)(now - before) / 1e6);
    before = now;
    for (; allowance >= 1; allowance--)
        for (int tries = 0; tries < 20; tries++) {
            struct client *client = &swarm_clients[(unsigned)random() % swarm_options.clients];

            if (client->state == CLIENT_OPEN && client->unanswered == 0) {
                client_churn(client);
                break;
            }
        }
}

static void start_churn(void)
{
    swarm_churning = true;
    for (unsigned i = 0; i < swarm_options.clients && swarm_options.rate == 0; i++)
        if (swarm_clients[i].state == CLIENT_OPEN && swarm_clients[i].unanswered == 0)
            client_churn(&swarm_clients[i]);
}

static void tick(lws_sorted_usec_list_t *sul)
{
    if (connecting)
        connect_idle();
    if (swarm_churning && swarm_options.rate)
        churn_at_rate();
    lws_sul_schedule(context, 0, sul, tick, TICK_US);
}

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
    lws_cancel_service(context);
}

static bool all_are_open(void)
{
    return clients_in(CLIENT_OPEN) == swarm_options.clients;
}

static bool all_is_quiet(void)
{
    return clients_waiting() == 0 && clients_in(CLIENT_CONNECTING) == 0 &&
           clients_in(CLIENT_ENDING) == 0;
}

static bool input_ended(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char byte;

    return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

static bool never(void)
{
    return false;
}

/* Run the loop until done() or for so many seconds. Returns how many seconds it took. */
static double run_until(bool (*done)(void), unsigned seconds)
{
    lws_usec_t start = lws_now_usecs(), now = start;

    while (!interrupted && !done() && now - start < (lws_usec_t)seconds * 1000000) {
        lws_service(context, 0);
        now = lws_now_usecs();
    }
    return (double)(now - start) / 1e6;
}

/* What a tracker should count now, by the names of types. */
static json_t *open_by_type(void)
{
    static const char *const names[] = {"ws_socket",       "user_channel",  "lobby_channel",
                                        "lobbies_channel", "group_channel", "groups_channel",
                                        "party_channel",   "live_view",     "webrtc_peer"};
    json_int_t open[CONNSTAT_WEBRTC_PEER + 1] = {clients_in(CLIENT_OPEN)};
    json_t *object = json_object();

    for (unsigned i = 0; i < swarm_options.clients; i++)
        for (unsigned s = 0; s < SWARM_TOPICS; s++)
            open[seat_type(s)] += swarm_clients[i].seats[s].state == SEAT_IN;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        json_object_set_new(object, names[i], json_integer(open[i]));
    return object;
}

static json_t *errors(const struct swarm_counters *c)
{
    return json_pack("{s: I, s: I, s: I, s: I, s: I}", "connect", (json_int_t)c->connect_errors,
                     "refused", (json_int_t)c->refused, "join", (json_int_t)c->join_errors,
                     "protocol", (json_int_t)c->protocol_errors, "crashed_channels",
                     (json_int_t)c->crashed_channels);
}

/* seconds is how long the churn took; before are the counters at its beginning. */
static void print_summary(double ramp, double seconds, const struct swarm_counters *before)
{
    const struct swarm_counters *c = &swarm_counters;
    double per = seconds > 0 ? 1 / seconds : 0;
    struct rusage usage;
    json_t *summary;

    getrusage(RUSAGE_SELF, &usage);
    summary = json_pack("{s: i, s: f, s: f, s: f, s: f, s: f, s: I, s: I, s: I, s: I, s: I, s: I, "
                        "s: I, s: o, s: o}",
                        "clients", (int)swarm_options.clients, "ramp_s", ramp, "seconds", seconds,
                        "connections_per_s", (double)(c->connections - before->connections) * per,
                        "joins_per_s", (double)(c->joins - before->joins) * per, "cpu_s",
                        (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
                            (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
                        "connections", (json_int_t)c->connections, "joins", (json_int_t)c->joins,
                        "leaves", (json_int_t)c->leaves, "closes", (json_int_t)c->closes, "drops",
                        (json_int_t)c->drops, "lost", (json_int_t)c->lost, "offline_events",
                        (json_int_t)c->offline_events, "errors", errors(c), "open", open_by_type());
    json_dumpf(summary, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
    fflush(stdout);
    json_decref(summary);
}

static int start(void)
{
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = client_protocols,
        .options = LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME,
        .max_http_header_pool = CONNECTING_MAX + 16,
    };

    lws_set_log_level(LLL_ERR, NULL);
    context = lws_create_context(&info);
    swarm_clients = calloc(swarm_options.clients, sizeof(*swarm_clients));
    if (!context || !swarm_clients)
        return -1;
    for (unsigned i = 0; i < swarm_options.clients; i++)
        swarm_clients[i].user = swarm_options.first_user + i;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    lws_sul_schedule(context, 0, &ticker, tick, 1);
    return 0;
}

int main(int argc, char **argv)
{
    struct swarm_counters before;
    double ramp, seconds;

    read_options(argc, argv);
    raise_descriptor_limit();
    if (start() != 0) {
        fputs("swarm: libwebsockets does not start; is memory short?\n", stderr);
        return 1;
    }
    ramp = run_until(all_are_open, RAMP_SECONDS);
    before = swarm_counters;
    start_churn();
    seconds = run_until(never, swarm_options.seconds);
    swarm_churning = false;
    run_until(all_is_quiet, QUIET_SECONDS);
    connecting = false;
    print_summary(ramp, seconds, &before);
    if (swarm_options.hold) {
        run_until(input_ended, HOLD_SECONDS);
        print_summary(ramp, seconds, &before);
    }
    lws_context_destroy(context);
    free(swarm_clients);
    return 0;
}
