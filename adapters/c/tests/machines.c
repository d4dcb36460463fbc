/*
 * Every function of the interface, from C: what it does, at every cut of the input, and that nothing that it is given
 * makes it crash. Ends with 0, or says which line is wrong.
 */

#include "barewire.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                              \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define IS(code, name) HOLDS(strcmp(bw_error_name(code), name) == 0)

/* Pointer and length of a literal. */
#define TEXT(literal) (const uint8_t *)(literal), sizeof(literal) - 1

typedef struct bw_connection connection;

/* What happened, in words, one after the other. */
struct log {
    char text[4096];
    size_t length;
};

static void put(struct log *log, const void *bytes, size_t length) {
    HOLDS(log->length + length < sizeof log->text);
    if (length > 0)
        memcpy(log->text + log->length, bytes, length);
    log->length += length;
    log->text[log->length] = 0;
}

static void number(struct log *log, const char *before, uint64_t value) {
    char text[32];
    int length = snprintf(text, sizeof text, "%s%llu", before, (unsigned long long)value);
    put(log, text, (size_t)length);
}

static connection *make(uint32_t protocol) {
    connection *made = NULL;
    HOLDS(bw_connection_new(protocol, NULL, &made) == 0 && made);
    return made;
}

/* Takes all output. */
static void drain(connection *c, struct log *out) {
    struct bw_span spans[3];
    size_t count = 0, total = 0;
    do {
        HOLDS(bw_output(c, spans, 3, &count) == 0);
        size_t sum = 0;
        for (size_t i = 0; i < count; i++) {
            put(out, spans[i].data, spans[i].length);
            sum += spans[i].length;
        }
        HOLDS(bw_queued(c, &total) == 0 && sum <= total);
        HOLDS(bw_advance(c, total + 1) == BW_CODE_TOO_LONG);
        HOLDS(bw_advance(c, sum) == 0);
    } while (count > 0);
    if (bw_ending(c) == BW_END_FIN) {
        put(out, "<fin>", 5);
        HOLDS(bw_fin_sent(c) == 0);
        HOLDS(bw_ending(c) == BW_END_OPEN);
    }
}

static struct log body;

/* Serves what was asked, echoing bodies and messages, and writes the events down. */
static void serve(connection *c, const struct bw_event *event, struct log *log) {
    static const char *names[] = {"other", "detected", "data", "request", "response", "interim", "continue",
                                  "end",   "upgraded", "message", "start", "peer_closed",
                                  "text",  "binary",  "ping",     "pong",    "close"};
    /* Data that was cut is data. */
    bool more = event->kind == BW_KIND_DATA && log->length > 0 && log->text[log->length - 1] == '_';
    if (more)
        log->length--;
    else
        put(log, names[event->kind], strlen(names[event->kind]));
    if (!more && (event->kind == BW_KIND_REQUEST || event->kind == BW_KIND_RESPONSE)) {
        number(log, "#", event->id);
        put(log, " ", event->name.length > 0);
        put(log, event->name.data, event->name.length);
    }
    if (event->code)
        number(log, " ", event->code);
    if (!more)
        put(log, " ", 1);
    put(log, event->data.data, event->data.length);
    for (uint32_t i = 0; i < event->field_count; i++) {
        put(log, "|", 1);
        put(log, event->fields[i].name.data, event->fields[i].name.length);
        put(log, "=", 1);
        put(log, event->fields[i].value.data, event->fields[i].value.length);
    }
    put(log, event->kind == BW_KIND_DATA ? "_" : "\n", 1);

    switch (event->kind) {
    case BW_KIND_DETECTED:
        HOLDS(bw_become(c, event->code) == 0);
        break;
    case BW_KIND_REQUEST:
        /* What an event points to may be given to the next call. */
        HOLDS(bw_http_respond(c, event->id, 200, event->fields, event->field_count ? 1 : 0, BW_LENGTH_UNKNOWN) == 0 ||
              event->field_count > 0);
        break;
    case BW_KIND_DATA:
        put(&body, event->data.data, event->data.length);
        break;
    case BW_KIND_END:
        /* In one piece, lest the chunks tell how the input was cut. */
        bw_http_send(c, event->id, (uint8_t *)body.text, body.length);
        bw_http_finish(c, event->id, NULL, 0);
        body.length = 0;
        break;
    case BW_KIND_MESSAGE:
        HOLDS(bw_message_send(c, event->code, event->data.data, event->data.length) == 0);
        break;
    case BW_KIND_TEXT:
    case BW_KIND_BINARY:
        HOLDS(bw_websocket_send(c, event->kind, event->data.data, event->data.length) == 0);
        break;
    case BW_KIND_PEER_CLOSED:
        HOLDS(bw_close(c) == 0);
        break;
    default:
        break;
    }
}

/* Feeds the input in pieces, by copies or into the window, then its end. Returns the peer's fault, or 0. */
static int32_t run(connection *c, const uint8_t *input, size_t length, size_t cut, struct log *log, struct log *out) {
    size_t fed = 0;
    bool ended = false;
    for (int rounds = 0; rounds < 100000; rounds++) {
        struct bw_event event;
        memset(&event, 0xAA, sizeof event);
        int32_t next = bw_poll(c, 0, &event, sizeof event);
        if (next == BW_NEXT_EVENT) {
            serve(c, &event, log);
            continue;
        }
        drain(c, out);
        if (next == BW_NEXT_NEED_FLUSH)
            continue;
        if (next != BW_NEXT_NEED_INPUT) {
            HOLDS(bw_poll(c, 0, &event, sizeof event) == next);
            return next < 0 ? next : next == BW_NEXT_NEED_APP ? 1 : 0;
        }
        HOLDS(!ended);
        size_t piece = length - fed < cut ? length - fed : cut, taken = 0;
        if (piece == 0) {
            HOLDS(bw_eof(c) == 0);
            HOLDS(bw_feed(c, input, length, &taken) == BW_CODE_CLOSED);
            ended = true;
        } else if (rounds % 2) {
            HOLDS(bw_feed(c, input + fed, piece, &taken) == 0 && taken > 0);
            fed += taken;
        } else {
            uint8_t *space = NULL;
            HOLDS(bw_space(c, piece, &space, &taken) == 0 && taken > 0 && taken <= piece);
            memcpy(space, input + fed, taken);
            HOLDS(bw_commit(c, taken) == 0);
            fed += taken;
        }
        HOLDS(bw_trim(c) == 0);
    }
    HOLDS(!"it ends");
    return 0;
}

/* The same events, output and outcome, whole and at every cut. */
static void vector(uint32_t protocol, const char *input, size_t length, const char *output, size_t output_length,
                   const char *events, const char *outcome, uint64_t position) {
    for (size_t cut = length; cut > 0; cut--) {
        static struct log log, out;
        log.length = out.length = body.length = 0;
        put(&log, "", 0);
        put(&out, "", 0);
        connection *c = make(protocol);
        int32_t code = run(c, (const uint8_t *)input, length, cut, &log, &out);
        bool holds = strcmp(log.text, events) == 0 && out.length == output_length &&
                     memcmp(out.text, output, out.length) == 0;
        if (!holds)
            fprintf(stderr, "cut %zu\n%s---\n%s---\n%s\n", cut, log.text, out.text, bw_error_name(code));
        HOLDS(holds);
        IS(code, outcome);
        HOLDS(bw_error(c) == code && bw_position(c) == (code ? position : length));
        bw_connection_free(c);
    }
}

#define VECTOR(protocol, input, output, ...)                                                                           \
    vector(protocol, input, sizeof(input) - 1, output, sizeof(output) - 1, __VA_ARGS__)

#define HELLO "\xde\xad\xbe\xef\0\1\0\7\0\0\0\5hello"
#define HI "\xde\xad\xbe\xef\0\1\0\10\0\0\0\2hi"

static void vectors(void) {
    VECTOR(BW_PROTOCOL_RAW, "some bytes", "<fin>", "data some bytes_peer_closed \n", "ok", 0);
    VECTOR(BW_PROTOCOL_HTTP1_SERVER,
           "POST /a?b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: v\r\n\r\n"
           "GET /b HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n",
           "HTTP/1.1 200 OK\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
           "HTTP/1.1 200 OK\r\nHost: y\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n<fin>",
           "request#0 POST /a?b|Host=x|Transfer-Encoding=chunked\ndata hello_end |T=v\n"
           "request#1 GET /b|Host=y|Connection=close\nend \n",
           "ok", 0);
    VECTOR(BW_PROTOCOL_HTTP1_SERVER, "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
           "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n<fin>", "", "http_field_line", 0);
    VECTOR(BW_PROTOCOL_MESSAGE, HELLO HI, HELLO HI "<fin>", "message 7 hello\nmessage 8 hi\npeer_closed \n", "ok", 0);
    VECTOR(BW_PROTOCOL_MESSAGE, HELLO "\xde\xad\xbe\xef\0\2\0\7\0\0\0\1x", HELLO "<fin>", "message 7 hello\n",
           "message_unsupported_version", 17);
    VECTOR(BW_PROTOCOL_DETECT, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
           "HTTP/1.1 200 OK\r\nHost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n<fin>",
           "detected 3 \nrequest#0 GET /|Host=x|Connection=close\nend \n", "ok", 0);
    VECTOR(BW_PROTOCOL_DETECT, HELLO, HELLO "<fin>", "detected 5 \nmessage 7 hello\npeer_closed \n", "ok", 0);
}

/* A client and a server of ours, and what is said between them. */
static void pair(void) {
    connection *client = make(BW_PROTOCOL_HTTP1_CLIENT), *server = make(BW_PROTOCOL_HTTP1_SERVER);
    struct bw_field fields[] = {{{TEXT("host")}, {TEXT("x")}}, {{TEXT("upgrade")}, {TEXT("own")}}};
    struct bw_field trailer[] = {{{TEXT("note")}, {TEXT("late")}}};
    struct bw_event event;
    uint64_t id = 9;
    size_t taken;
    static struct log wire;

    HOLDS(bw_http_request(client, TEXT("PUT"), TEXT("/x"), fields, 1, 3, &id) == 0 && id == 0);
    HOLDS(bw_http_request(client, TEXT("GET"), TEXT("/"), fields, 1, 0, &id) == BW_CODE_OUT_OF_TURN);
    HOLDS(bw_http_send(client, 0, TEXT("four")) == BW_CODE_TOO_LONG);
    HOLDS(bw_http_send(client, 0, TEXT("ab")) == 0);
    HOLDS(bw_http_finish(client, 0, NULL, 0) == BW_CODE_TOO_SHORT);
    HOLDS(bw_http_send(client, 0, TEXT("c")) == 0 && bw_http_finish(client, 0, NULL, 0) == 0);
    HOLDS(bw_http_request(client, TEXT("GET"), TEXT("/y"), fields, 2, 0, &id) == 0 && id == 1);
    drain(client, &wire);
    HOLDS(bw_feed(server, (uint8_t *)wire.text, wire.length, &taken) == 0 && taken == wire.length);

    HOLDS(bw_poll(server, 5, &event, sizeof event) == BW_NEXT_EVENT && event.kind == BW_KIND_REQUEST);
    HOLDS(event.length == 3 && event.flags == 0 && event.field_count == 2);
    HOLDS(bw_timeout(server, 5) == -1 || bw_timeout(server, 5) > 0);
    HOLDS(bw_http_respond(server, 7, 200, NULL, 0, 0) == BW_CODE_UNKNOWN_ID);
    HOLDS(bw_http_respond(server, 0, 99, NULL, 0, 0) == BW_CODE_ARGUMENT);
    HOLDS(bw_http_respond(server, 0, 70000, NULL, 0, 0) == BW_CODE_ARGUMENT);
    HOLDS(bw_http_respond(server, 0, 204, NULL, 0, 5) == BW_CODE_INVALID);
    HOLDS(bw_http_interim(server, 0, 103, trailer, 1) == 0);
    struct bw_field split = {{TEXT("x")}, {TEXT("a\r\nb: c")}};
    HOLDS(bw_http_respond(server, 0, 200, &split, 1, 0) == BW_CODE_ARGUMENT);
    struct bw_field announced = {{TEXT("trailer")}, {TEXT("note")}};
    HOLDS(bw_http_respond(server, 0, 200, &announced, 1, BW_LENGTH_UNKNOWN) == 0);
    HOLDS(bw_http_send(server, 0, TEXT("yes")) == 0 && bw_http_finish(server, 0, trailer, 1) == 0);
    HOLDS(bw_poll(server, 5, &event, sizeof event) == BW_NEXT_EVENT && event.kind == BW_KIND_REQUEST && event.id == 1);
    HOLDS(event.flags == BW_FLAG_ASKS_UPGRADE);
    HOLDS(bw_poll(server, 5, &event, sizeof event) == BW_NEXT_EVENT && event.kind == BW_KIND_END);
    HOLDS(bw_http_upgrade(server, 1, 101, NULL, 0) == BW_CODE_INVALID);
    HOLDS(bw_http_upgrade(server, 1, 101, fields + 1, 1) == 0);
    HOLDS(bw_poll(server, 5, &event, sizeof event) == BW_NEXT_EVENT && event.kind == BW_KIND_UPGRADED);
    HOLDS(bw_become(server, BW_PROTOCOL_RAW) == 0 && bw_raw_send(server, TEXT("own words")) == 0);
    HOLDS(bw_http_send(server, 1, TEXT("x")) == BW_CODE_PROTOCOL && bw_message_end(server) == BW_CODE_PROTOCOL);

    wire.length = 0;
    drain(server, &wire);
    static struct log log, out;
    HOLDS(run(client, (uint8_t *)wire.text, wire.length, 1000, &log, &out) == 0 && out.length == 0);
    HOLDS(strcmp(log.text, "interim 103 Early Hints|note=late\n"
                           "response#0 200 OK|trailer=note|transfer-encoding=chunked\ndata yes_end |note=late\n"
                           "upgraded 101 Switching Protocols|upgrade=own|connection=upgrade\n") == 0);
    HOLDS(bw_become(client, BW_PROTOCOL_RAW) == 0);
    HOLDS(bw_poll(client, 5, &event, sizeof event) == BW_NEXT_EVENT && event.kind == BW_KIND_DATA);
    HOLDS(event.data.length == 9 && memcmp(event.data.data, "own words", 9) == 0);
    HOLDS(bw_abort(client) == 0 && bw_ending(client) == BW_END_ABORT);
    bw_connection_free(client);
    bw_connection_free(server);
}

static void messages(void) {
    struct bw_config *config = bw_config_new();
    HOLDS(bw_config_set(config, BW_SETTING_MESSAGE_WHOLE, 4) == 0);
    HOLDS(bw_config_set(config, BW_SETTING_MESSAGE_MAGIC, 0x01020304) == 0);
    HOLDS(bw_config_set(config, BW_SETTING_MESSAGE_IDLE, 1500) == 0);
    connection *c = NULL;
    HOLDS(bw_connection_new(BW_PROTOCOL_MESSAGE, config, &c) == 0);
    bw_config_free(config);

    HOLDS(bw_message_send(c, 70000, TEXT("x")) == BW_CODE_ARGUMENT);
    HOLDS(bw_message_end(c) == BW_CODE_OUT_OF_TURN);
    HOLDS(bw_message_start(c, 3, 6) == 0 && bw_message_data(c, TEXT("seven77")) == BW_CODE_TOO_LONG);
    HOLDS(bw_message_data(c, TEXT("abc")) == 0 && bw_message_end(c) == BW_CODE_TOO_SHORT);
    HOLDS(bw_close(c) == BW_CODE_OUT_OF_TURN);
    HOLDS(bw_message_data(c, TEXT("def")) == 0 && bw_message_end(c) == 0);
    HOLDS(bw_message_send(c, 4, TEXT("gh")) == 0);
    static struct log wire, log;
    drain(c, &wire);
    HOLDS(wire.length == 12 + 6 + 12 + 2 && wire.text[0] == 1 && wire.text[3] == 4);

    /* It is its own peer. */
    size_t taken;
    struct bw_event event;
    HOLDS(bw_feed(c, (uint8_t *)wire.text, wire.length, &taken) == 0);
    HOLDS(bw_poll(c, 0, &event, sizeof event) == BW_NEXT_EVENT && event.kind == BW_KIND_START && event.length == 6);
    HOLDS(event.code == 3);
    while (bw_poll(c, 0, &event, sizeof event) == BW_NEXT_EVENT)
        serve(c, &event, &log);
    HOLDS(strcmp(log.text, "data abcdef_end \nmessage 4 gh\n") == 0);

    /* Its own echo is to leave, and then it is idle. */
    drain(c, &wire);
    uint64_t due = 1500 * 1000000ull;
    HOLDS(bw_poll(c, 1000000, &event, sizeof event) == BW_NEXT_NEED_INPUT);
    HOLDS(bw_timeout(c, 1000000) == 1499 && bw_timeout(c, 1000001) == 1499 && bw_timeout(c, 2000000) == 1498);
    HOLDS(bw_poll(c, due - 1, &event, sizeof event) == BW_NEXT_NEED_INPUT && bw_timeout(c, due - 1) == 1);
    HOLDS(bw_poll(c, due, &event, sizeof event) == BW_CODE_MESSAGE_IDLE);
    HOLDS(bw_timeout(c, 0) == -1 && bw_error(c) == BW_CODE_MESSAGE_IDLE && bw_ending(c) == BW_END_FIN);
    HOLDS(bw_become(c, BW_PROTOCOL_RAW) == BW_CODE_CLOSED);
    bw_connection_free(c);
}

static void websocket(void) {
    uint8_t seed[32] = {7};
    connection *client = make(BW_PROTOCOL_RAW), *server = make(BW_PROTOCOL_WEBSOCKET_SERVER), *none = NULL;
    static struct log wire, log, out;
    struct bw_event event;
    HOLDS(bw_connection_new(BW_PROTOCOL_WEBSOCKET_CLIENT, NULL, &none) == BW_CODE_OUT_OF_TURN && none == NULL);
    HOLDS(bw_become(client, BW_PROTOCOL_WEBSOCKET_CLIENT) == BW_CODE_OUT_OF_TURN);
    HOLDS(bw_seed(client, seed, 31) == BW_CODE_ARGUMENT && bw_seed(client, seed, 32) == 0);
    HOLDS(bw_become(client, BW_PROTOCOL_WEBSOCKET_CLIENT) == 0);

    HOLDS(bw_websocket_send(client, BW_KIND_TEXT, TEXT("gr\xc3\xbc\xc3\x9f")) == 0);
    HOLDS(bw_websocket_send(client, BW_KIND_TEXT, TEXT("\xff")) == BW_CODE_ARGUMENT);
    HOLDS(bw_websocket_send(client, BW_KIND_CLOSE, TEXT("")) == BW_CODE_ARGUMENT);
    HOLDS(bw_websocket_end(client) == BW_CODE_OUT_OF_TURN);
    HOLDS(bw_websocket_start(client, BW_KIND_PING) == BW_CODE_ARGUMENT);
    HOLDS(bw_websocket_start(client, BW_KIND_BINARY) == 0 && bw_websocket_data(client, TEXT("\1\2")) == 0);
    HOLDS(bw_websocket_send(client, BW_KIND_PING, TEXT("there?")) == 0);
    HOLDS(bw_websocket_send(client, BW_KIND_TEXT, TEXT("x")) == BW_CODE_OUT_OF_TURN);
    HOLDS(bw_websocket_data(client, TEXT("\3")) == 0 && bw_websocket_end(client) == 0);
    HOLDS(bw_websocket_close(client, 1005, TEXT("")) == BW_CODE_ARGUMENT);
    HOLDS(bw_websocket_close(client, 4000, TEXT("done")) == 0 && bw_close(client) == BW_CODE_CLOSED);
    drain(client, &wire);

    HOLDS(run(server, (uint8_t *)wire.text, wire.length, 1, &log, &out) == 0);
    HOLDS(strcmp(log.text, "text gr\xc3\xbc\xc3\x9f\nping there?\nbinary \1\2\3\nclose 4000 done\n") == 0);
    log.length = wire.length = 0;
    HOLDS(out.length > 5 && memcmp(out.text + out.length - 5, "<fin>", 5) == 0);
    HOLDS(bw_abort(client) == 0 && bw_ending(client) == BW_END_ABORT);
    bw_connection_free(client);
    bw_connection_free(server);

    /* What the server said, unmasked as it is. */
    server = make(BW_PROTOCOL_RAW);
    HOLDS(bw_seed(server, seed, 32) == 0 && bw_become(server, BW_PROTOCOL_WEBSOCKET_CLIENT) == 0);
    wire.length = log.length = 0;
    size_t taken;
    HOLDS(bw_feed(server, (uint8_t *)out.text, out.length - 5, &taken) == 0);
    while (bw_poll(server, 0, &event, sizeof event) == BW_NEXT_EVENT) {
        put(&log, event.data.data, event.data.length);
        number(&log, ":", event.kind);
    }
    HOLDS(strcmp(log.text, "gr\xc3\xbc\xc3\x9f:12there?:15\1\2\3:13:16") == 0);
    bw_connection_free(server);

    server = make(BW_PROTOCOL_WEBSOCKET_SERVER);
    HOLDS(run(server, TEXT("\x81\x01x"), 1, &log, &wire) == BW_CODE_WEBSOCKET_MASKING && bw_position(server) == 0);
    HOLDS(bw_poll(server, 0, &event, sizeof event) == BW_CODE_WEBSOCKET_MASKING);
    bw_connection_free(server);
}

/* NULL everywhere, and values that can't be. */
static void wrong(void) {
    connection *c = make(BW_PROTOCOL_HTTP1_SERVER), *none = NULL;
    struct bw_config *config = bw_config_new();
    struct bw_event event;
    struct bw_span span;
    struct bw_field field = {{NULL, 1}, {NULL, 0}};
    uint8_t *space;
    uint64_t id;
    size_t n;
    HOLDS(bw_abi_version() == BW_ABI_VERSION && bw_error_name(-12345) == NULL);
    HOLDS(bw_config_set(NULL, 0, 0) == BW_CODE_NULL && bw_config_set(config, 0, 0) == BW_CODE_ARGUMENT);
    HOLDS(bw_config_set(config, BW_SETTING_HTTP_ALLOW_UTF8_TARGET, 2) == BW_CODE_ARGUMENT);
    HOLDS(bw_config_set(config, BW_SETTING_MESSAGE_VERSION, 65536) == BW_CODE_ARGUMENT);
    HOLDS(bw_config_set(config, BW_SETTING_HTTP_MAX_HEAD, 1) == 0);
    HOLDS(bw_connection_new(BW_PROTOCOL_RAW, config, &none) == BW_CODE_CONFIG && none == NULL);
    HOLDS(bw_connection_new(BW_PROTOCOL_TLS, NULL, &none) == BW_CODE_ARGUMENT && none == NULL);
    HOLDS(bw_connection_new(BW_PROTOCOL_RAW, NULL, NULL) == BW_CODE_NULL);
    HOLDS(bw_become(none, 1) == BW_CODE_NULL && bw_become(c, 77) == BW_CODE_ARGUMENT);
    HOLDS(bw_feed(none, NULL, 0, &n) == BW_CODE_NULL && bw_feed(c, NULL, 1, &n) == BW_CODE_NULL);
    HOLDS(bw_feed(c, NULL, 0, &n) == 0 && bw_feed(c, NULL, 0, NULL) == BW_CODE_NULL);
    HOLDS(bw_feed(c, (uint8_t *)&n, SIZE_MAX, &n) == BW_CODE_ARGUMENT && n == 0);
    HOLDS(bw_space(none, 1, &space, &n) == BW_CODE_NULL && bw_space(c, 1, NULL, &n) == BW_CODE_NULL);
    HOLDS(bw_space(c, 1, &space, NULL) == BW_CODE_NULL && bw_commit(none, 1) == BW_CODE_NULL);
    HOLDS(bw_space(c, 0, &space, &n) == 0 && n == 0 && bw_commit(c, SIZE_MAX) == BW_CODE_TOO_LONG);
    HOLDS(bw_eof(none) == BW_CODE_NULL && bw_poll(none, 0, &event, sizeof event) == BW_CODE_NULL);
    HOLDS(bw_poll(c, 0, NULL, sizeof event) == BW_CODE_NULL && bw_poll(c, 0, &event, 8) == BW_CODE_ARGUMENT);
    HOLDS(bw_output(none, &span, 1, &n) == BW_CODE_NULL && bw_output(c, NULL, 1, &n) == BW_CODE_NULL);
    HOLDS(bw_output(c, &span, 1, NULL) == BW_CODE_NULL && bw_output(c, &span, 0, &n) == 0 && n == 0);
    HOLDS(bw_advance(none, 0) == BW_CODE_NULL && bw_queued(none, &n) == BW_CODE_NULL && bw_queued(c, NULL) == BW_CODE_NULL);
    HOLDS(bw_ending(none) == BW_CODE_NULL && bw_fin_sent(none) == BW_CODE_NULL && bw_timeout(none, 0) == BW_CODE_NULL);
    HOLDS(bw_error(none) == BW_CODE_NULL && bw_position(none) == 0 && bw_error(c) == 0);
    HOLDS(bw_close(none) == BW_CODE_NULL && bw_abort(none) == BW_CODE_NULL && bw_trim(none) == BW_CODE_NULL);
    HOLDS(bw_raw_send(none, NULL, 0) == BW_CODE_NULL && bw_raw_send(c, NULL, 0) == BW_CODE_PROTOCOL);
    HOLDS(bw_http_respond(none, 0, 200, NULL, 0, 0) == BW_CODE_NULL);
    HOLDS(bw_http_respond(c, 0, 200, NULL, 1, 0) == BW_CODE_NULL && bw_http_respond(c, 0, 200, &field, 1, 0) == BW_CODE_NULL);
    HOLDS(bw_http_respond_with(none, 0, 200, NULL, 0, NULL, 0) == BW_CODE_NULL);
    HOLDS(bw_http_respond_with(c, 0, 200, NULL, 0, NULL, 1) == BW_CODE_NULL);
    HOLDS(bw_http_interim(none, 0, 103, NULL, 0) == BW_CODE_NULL && bw_http_upgrade(none, 0, 101, NULL, 0) == BW_CODE_NULL);
    HOLDS(bw_http_request(none, TEXT("GET"), TEXT("/"), NULL, 0, 0, &id) == BW_CODE_NULL);
    HOLDS(bw_http_request(c, TEXT("GET"), TEXT("/"), NULL, 0, 0, &id) == BW_CODE_PROTOCOL);
    HOLDS(bw_http_request(c, TEXT("G T"), TEXT("/"), NULL, 0, 0, &id) == BW_CODE_ARGUMENT);
    HOLDS(bw_http_request(c, TEXT("GET"), TEXT("\xff"), NULL, 0, 0, &id) == BW_CODE_ARGUMENT);
    HOLDS(bw_http_request(c, TEXT("GET"), TEXT("/"), NULL, 0, 0, NULL) == BW_CODE_NULL);
    HOLDS(bw_http_send(none, 0, NULL, 0) == BW_CODE_NULL && bw_http_finish(none, 0, NULL, 0) == BW_CODE_NULL);
    HOLDS(bw_message_send(none, 0, NULL, 0) == BW_CODE_NULL && bw_message_start(none, 0, 0) == BW_CODE_NULL);
    HOLDS(bw_message_data(none, NULL, 0) == BW_CODE_NULL && bw_message_end(none) == BW_CODE_NULL);
    HOLDS(bw_websocket_accept(none, 0) == BW_CODE_NULL && bw_websocket_accept(c, 0) == BW_CODE_INVALID);
    HOLDS(bw_seed(none, NULL, 0) == BW_CODE_NULL && bw_seed(c, NULL, 32) == BW_CODE_NULL);
    HOLDS(bw_websocket_send(none, BW_KIND_TEXT, NULL, 0) == BW_CODE_NULL);
    HOLDS(bw_websocket_start(none, BW_KIND_TEXT) == BW_CODE_NULL && bw_websocket_end(c) == BW_CODE_PROTOCOL);
    HOLDS(bw_websocket_data(none, NULL, 0) == BW_CODE_NULL && bw_websocket_end(none) == BW_CODE_NULL);
    HOLDS(bw_websocket_close(none, 1000, NULL, 0) == BW_CODE_NULL);
    bw_connection_free(c);
    bw_connection_free(NULL);
    bw_config_free(config);
    bw_config_free(NULL);
}

static uint64_t seed = 88172645463325252u;

static uint32_t chance(uint32_t below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 20) % below;
}

/* Calls in any order, with anything: no crash, and no event that points elsewhere. Sanitizers look on. */
static void anything(void) {
    static const char scraps[] = "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
                                 "HTTP/1.1 200 OK\r\n\r\n5\r\n0\r\n\r\n\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x89\x80\1\2\3\4\x88\x80\1\2\3\4\xde\xad\xbe\xef\0\1\0\7\0\0\0\5hello";
    static const uint32_t spoken[] = {BW_PROTOCOL_RAW, BW_PROTOCOL_DETECT, BW_PROTOCOL_HTTP1_SERVER,
                                      BW_PROTOCOL_HTTP1_CLIENT, BW_PROTOCOL_MESSAGE, BW_PROTOCOL_WEBSOCKET_SERVER};
    for (int round = 0; round < 2000; round++) {
        connection *c = make(spoken[chance(6)]);
        uint64_t now = 0, id = 0;
        volatile uint8_t touched = 0;
        for (int call = 0; call < 60; call++) {
            const uint8_t *scrap = (const uint8_t *)scraps + chance(sizeof scraps);
            size_t length = chance((uint32_t)(scraps + sizeof scraps - (const char *)scrap) + 1), n = 0;
            struct bw_field field = {{TEXT("host")}, {scrap, length < 8 ? length : 8}};
            struct bw_event event;
            struct bw_span span;
            uint8_t *space;
            switch (chance(24)) {
            case 0: bw_eof(c); break;
            case 1: bw_close(c); break;
            case 2: if (chance(8) == 0) bw_abort(c); break;
            case 3: if (chance(4) == 0) bw_become(c, spoken[chance(6)]); break;
            case 4: now += (uint64_t)chance(100000) * 1000000; break;
            case 5: if (bw_output(c, &span, 1, &n) == 0 && n) bw_advance(c, chance((uint32_t)span.length + 1)); break;
            case 6: bw_http_request(c, TEXT("POST"), TEXT("/"), &field, 1, chance(2) ? 5 : BW_LENGTH_UNKNOWN, &id); break;
            case 7: bw_http_respond(c, chance(3), 100 + chance(500), &field, chance(2), chance(9)); break;
            case 8: bw_http_respond_with(c, chance(3), 200, NULL, 0, scrap, length); break;
            case 9: bw_http_send(c, chance(3), scrap, length); break;
            case 10: bw_http_finish(c, chance(3), &field, chance(2)); break;
            case 11: bw_message_send(c, chance(70000), scrap, length); break;
            case 12: bw_message_start(c, 1, chance(20)), bw_message_data(c, scrap, length), bw_message_end(c); break;
            case 13: bw_trim(c); break;
            case 14: if (bw_space(c, length, &space, &n) == 0 && n) memcpy(space, scrap, n < length ? n : length), bw_commit(c, n); break;
            case 15: bw_raw_send(c, scrap, length); break;
            case 16: bw_websocket_send(c, BW_KIND_TEXT + chance(5), scrap, length); break;
            case 17: bw_websocket_start(c, BW_KIND_TEXT), bw_websocket_data(c, scrap, length), bw_websocket_end(c); break;
            case 18: bw_websocket_accept(c, chance(2)); break;
            case 19: case 20: bw_feed(c, scrap, length, &n); break;
            default:
                if (bw_poll(c, now, &event, sizeof event) == BW_NEXT_EVENT) {
                    for (size_t i = 0; i < event.data.length; i++) touched ^= event.data.data[i];
                    for (size_t i = 0; i < event.field_count; i++)
                        for (size_t j = 0; j < event.fields[i].value.length; j++) touched ^= event.fields[i].value.data[j];
                }
                HOLDS(bw_error(c) != BW_CODE_PANIC && bw_timeout(c, now) >= -1);
            }
        }
        bw_connection_free(c);
    }
}

int main(void) {
    vectors();
    pair();
    messages();
    websocket();
    wrong();
    anything();
    puts("every function does what the header says");
    return 0;
}
