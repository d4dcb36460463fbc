/*
 * A whole server on one thread: epoll, and one port for HTTP, WebSocket and messages.
 *
 *     cargo build --release -p barewire-c
 *     cc -I adapters/c/include adapters/c/examples/server.c target/release/libbarewire.a -o server
 *     ./server 8080 & curl -i --data hello http://127.0.0.1:8080/echo
 *
 * It prints its port, and stops on SIGTERM or SIGINT.
 */

#define _GNU_SOURCE
#include "barewire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { READ = 16 * 1024, PIECES = 16, HIGH_WATER = 256 * 1024, LINGER_SECONDS = 2 };

/* A socket and its machine. All of them are in a list, for their timeouts. */
struct peer {
    int socket;
    uint32_t wanted;        /* what epoll is to tell */
    bool asks;              /* for a WebSocket, by a request that isn't complete yet */
    bool done;              /* the machine is; what is read now is discarded, so that the farewell arrives */
    uint64_t until;         /* and no longer than to this time */
    struct bw_connection *connection;
    struct peer *next, **before;
};

static struct peer *peers;
static int epoll;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void drop(struct peer *peer, bool reset) {
    if (reset) {
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        setsockopt(peer->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    close(peer->socket);
    *peer->before = peer->next;
    if (peer->next)
        peer->next->before = peer->before;
    bw_connection_free(peer->connection);
    free(peer);
}

static bool is(struct bw_span span, const char *text) {
    return span.length == strlen(text) && memcmp(span.data, text, span.length) == 0;
}

static struct bw_field field(const char *name, const char *value) {
    return (struct bw_field){{(const uint8_t *)name, strlen(name)}, {(const uint8_t *)value, strlen(value)}};
}

/* Commands fail only if they are out of place, which would be a mistake of ours: then no half an answer. */
static void check(struct peer *peer, int32_t code) {
    if (code < 0) {
        fprintf(stderr, "%s\n", bw_error_name(code));
        bw_abort(peer->connection);
    }
}

static void answer(struct peer *peer, const struct bw_event *event) {
    struct bw_connection *c = peer->connection;
    struct bw_field type = field("content-type", "text/plain");
    switch (event->kind) {
    case BW_KIND_DETECTED:
        /* What is nothing else gets a 400 with a reason, or a 505 if it is HTTP/2. */
        check(peer, bw_become(c, event->code == BW_PROTOCOL_MESSAGE ? BW_PROTOCOL_MESSAGE : BW_PROTOCOL_HTTP1_SERVER));
        break;
    case BW_KIND_REQUEST:
        peer->asks = is(event->data, "/ws");
        if (peer->asks)
            break;
        if (is(event->data, "/health"))
            check(peer, bw_http_respond_with(c, event->id, 200, &type, 1, (const uint8_t *)"ok\n", 3));
        else if (is(event->data, "/echo"))
            check(peer, bw_http_respond(c, event->id, 200, NULL, 0, event->length));
        else
            check(peer, bw_http_respond_with(c, event->id, 404, NULL, 0, NULL, 0));
        break;
    case BW_KIND_MESSAGE:
        check(peer, bw_message_send(c, event->code, event->data.data, event->data.length));
        break;
    case BW_KIND_DATA: /* of an echo's body: of others that are answered we hear no more */
        if (peer->asks)
            break;
        check(peer, bw_http_send(c, event->id, event->data.data, event->data.length));
        break;
    case BW_KIND_TEXT:
    case BW_KIND_BINARY:
        check(peer, bw_websocket_send(c, event->kind, event->data.data, event->data.length));
        break;
    case BW_KIND_UPGRADED:
        check(peer, bw_become(c, BW_PROTOCOL_WEBSOCKET_SERVER));
        break;
    case BW_KIND_END: {
        if (peer->asks) {
            int32_t refused = bw_websocket_accept(c, event->id);
            check(peer, refused == BW_CODE_INVALID ? bw_http_respond(c, event->id, 426, NULL, 0, 0) : refused);
            peer->asks = false;
            break;
        }
        int32_t code = bw_http_finish(c, event->id, NULL, 0);
        /* A request without a body was answered with its head. */
        if (code != BW_CODE_UNKNOWN_ID && code != BW_CODE_CLOSED)
            check(peer, code);
        break;
    }
    case BW_KIND_PEER_CLOSED:
        check(peer, bw_close(c));
        break;
    default: /* newer than this program */
        break;
    }
}

/* Writes what there is. False if the peer is gone. */
static bool send_output(struct peer *peer) {
    for (;;) {
        struct bw_span spans[PIECES];
        size_t count = 0;
        bw_output(peer->connection, spans, PIECES, &count);
        if (count == 0)
            break;
        ssize_t sent = writev(peer->socket, (const struct iovec *)spans, (int)count);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN;
        bw_advance(peer->connection, (size_t)sent);
    }
    if (bw_ending(peer->connection) == BW_END_FIN) {
        shutdown(peer->socket, SHUT_WR);
        bw_fin_sent(peer->connection);
    }
    return true;
}

/* Reads once. False if the peer is gone; `*waits` if nothing has come. */
static bool receive(struct peer *peer, bool *waits) {
    static uint8_t discarded[READ];
    uint8_t *space = discarded;
    size_t length = sizeof discarded;
    if (!peer->done)
        bw_space(peer->connection, READ, &space, &length);
    ssize_t n = read(peer->socket, space, length);
    *waits = n < 0 && errno == EAGAIN;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (peer->done)
        return n > 0;
    if (n == 0)
        bw_eof(peer->connection);
    else
        bw_commit(peer->connection, (size_t)n);
    return true;
}

/* Everything that can be done without waiting. False if the peer is gone, `*reset` if it is to know so. */
static bool advance(struct peer *peer, bool *reset) {
    struct bw_connection *c = peer->connection;
    struct bw_event event;
    for (;;) {
        int32_t next = peer->done ? BW_NEXT_DONE : bw_poll(c, now(), &event, sizeof event);
        if (next == BW_NEXT_EVENT)
            answer(peer, &event);
        size_t queued = 0;
        bw_queued(c, &queued);
        if (next == BW_NEXT_EVENT && queued < HIGH_WATER)
            continue;
        *reset = bw_ending(c) == BW_END_ABORT;
        if (*reset || !send_output(peer))
            return false;
        bw_queued(c, &queued);
        /* A client that doesn't read what it asked for is not asked what else it wants. */
        if (queued >= HIGH_WATER || next == BW_NEXT_NEED_APP || (next == BW_NEXT_NEED_FLUSH && queued > 0))
            return true;
        if (next == BW_NEXT_EVENT || next == BW_NEXT_NEED_FLUSH)
            continue;
        if (next != BW_NEXT_NEED_INPUT && !peer->done) {
            peer->done = true;
            peer->until = now() + LINGER_SECONDS * 1000000000ull;
        }
        bool waits;
        if (!receive(peer, &waits))
            return false;
        if (waits)
            return true;
    }
}

static void serve(struct peer *peer) {
    bool reset = false;
    size_t queued = 0;
    if (!advance(peer, &reset)) {
        drop(peer, reset);
        return;
    }
    bw_trim(peer->connection);
    bw_queued(peer->connection, &queued);
    uint32_t wanted = (queued < HIGH_WATER ? EPOLLIN : 0) | (queued > 0 ? EPOLLOUT : 0);
    if (wanted != peer->wanted) {
        struct epoll_event interest = {.events = wanted, .data.ptr = peer};
        epoll_ctl(epoll, EPOLL_CTL_MOD, peer->socket, &interest);
        peer->wanted = wanted;
    }
}

static void accept_all(int listener) {
    int socket;
    while ((socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct peer *peer = calloc(1, sizeof *peer);
        int on = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (!peer || bw_connection_new(BW_PROTOCOL_DETECT, NULL, &peer->connection) < 0)
            abort();
        peer->socket = socket;
        peer->wanted = EPOLLIN;
        peer->next = peers;
        peer->before = &peers;
        if (peers)
            peers->before = &peer->next;
        peers = peer;
        struct epoll_event interest = {.events = EPOLLIN, .data.ptr = peer};
        epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &interest);
        serve(peer);
    }
}

/* Serves those whose time has come, and says in how many milliseconds the next one's does. */
static int expire(void) {
    int soonest = -1;
    for (struct peer *peer = peers, *next; peer; peer = next) {
        next = peer->next;
        uint64_t time = now();
        int left = bw_timeout(peer->connection, time);
        if (peer->done)
            left = peer->until > time ? (int)((peer->until - time) / 1000000 + 1) : 0;
        if (left == 0 && peer->done)
            drop(peer, false);
        else if (left == 0)
            serve(peer);
        else if (left > 0 && (soonest < 0 || left < soonest))
            soonest = left;
    }
    return soonest;
}

int main(int argc, char **argv) {
    if (bw_abi_version() != BW_ABI_VERSION)
        return fprintf(stderr, "barewire.h and the library don't fit\n"), 2;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "0"))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 128) < 0)
        return perror("cannot listen"), 1;
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    int stop = signalfd(-1, &signals, SFD_CLOEXEC);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = &listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &interest);
    interest.data.ptr = &stop;
    epoll_ctl(epoll, EPOLL_CTL_ADD, stop, &interest);

    for (bool running = true; running;) {
        struct epoll_event ready[64];
        int n = epoll_wait(epoll, ready, 64, expire());
        for (int i = 0; i < n; i++) {
            if (ready[i].data.ptr == &stop)
                running = false;
            else if (ready[i].data.ptr == &listener)
                accept_all(listener);
            else
                serve(ready[i].data.ptr);
        }
    }
    while (peers)
        drop(peers, true);
    close(listener), close(stop), close(epoll);
    return 0;
}
