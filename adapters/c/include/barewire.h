/*
 * barewire: protocols as pure state machines. Bytes and the time go in, events and bytes come out. Nothing here opens a
 * socket, reads a clock, starts a thread, draws a random number or blocks.
 *
 * A connection is driven in a circle:
 *
 *     for (;;) {
 *         switch (bw_poll(connection, now(), &event, sizeof event)) {
 *         case BW_NEXT_EVENT:      act on it: bw_http_respond, bw_message_send ...    continue;
 *         case BW_NEXT_NEED_INPUT: send the output, then read: bw_feed, or bw_eof     break;
 *         case BW_NEXT_NEED_FLUSH: send the output, then poll again                   break;
 *         case BW_NEXT_NEED_APP:   answer what was asked, then poll again             break;
 *         case BW_NEXT_DONE:       send the output, end as bw_ending says             return;
 *         default:                 the peer's fault: the same, the farewell is there  return;
 *         }
 *     }
 *
 * The output: bw_output, send, bw_advance; when there is none, bw_ending. While waiting for the socket: no longer than
 * bw_timeout. examples/server.c is a whole server.
 *
 * What holds for every function:
 *
 * - It returns 0 or more, or a negative bw_code. With -10 to -99 nothing has changed.
 * - A pointer is NULL, which is a code and never a crash, or it is what the function says: an object that was made here
 *   and not freed, or that many items of the caller's. The caller's data are not kept.
 * - One connection is used by one thread at a time, different ones by any. There are no globals and no callbacks.
 * - What a connection gives out (spans of events and of output, space to read to) lives until the next call with it that
 *   is not a reader, and may be given to that call. Readers are bw_output, bw_queued, bw_ending, bw_timeout and
 *   bw_error...
 * - Numbers that are here keep their meaning. New ones may come: a program ignores an event that it doesn't know.
 */



#ifndef BAREWIRE_H
#define BAREWIRE_H

#include <stddef.h>
#include <stdint.h>

/**
 * The number of this interface: it changes when a program that was compiled for an older one would break.
 */
#define BW_ABI_VERSION 1

/**
 * A body whose length nobody announced: its end is told when it comes.
 */
#define BW_LENGTH_UNKNOWN UINT64_MAX

/**
 * The head's version is HTTP/1.0.
 */
#define BW_FLAG_HTTP_1_0 1

/**
 * The client waits for a 100 before it sends the body; asking for the body by `bw_poll` sends one.
 */
#define BW_FLAG_EXPECTS_CONTINUE 2

/**
 * The client offers another protocol, or asks for a tunnel: `bw_http_upgrade` accepts.
 */
#define BW_FLAG_ASKS_UPGRADE 4

/**
 * What a function returns where it fails.
 *
 * From -10: the call was wrong, and nothing has changed. From -20: the command was out of place, and nothing has
 * changed. From -100 on: the peer broke the protocol, a limit or a deadline. Such a code is the connection's last
 * word: `bw_poll` says it again, and the farewell is in the output.
 */
enum bw_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * No failure.
     */
    BW_CODE_OK = 0,
    /**
     * A pointer is NULL.
     */
    BW_CODE_NULL = -10,
    /**
     * A value can't be: a length, an option, a name or value that is no legal field.
     */
    BW_CODE_ARGUMENT = -11,
    /**
     * This connection speaks another protocol.
     */
    BW_CODE_PROTOCOL = -12,
    /**
     * The options contradict each other.
     */
    BW_CODE_CONFIG = -13,
    /**
     * A fault of the library's own. The connection can only be freed.
     */
    BW_CODE_PANIC = -14,
    /**
     * The sending side has been ended already, or the connection is over.
     */
    BW_CODE_CLOSED = -20,
    /**
     * It is not the time for this command.
     */
    BW_CODE_OUT_OF_TURN = -21,
    /**
     * No exchange with this id is open.
     */
    BW_CODE_UNKNOWN_ID = -22,
    /**
     * More than the limit, or than was announced.
     */
    BW_CODE_TOO_LONG = -23,
    /**
     * Less than was announced.
     */
    BW_CODE_TOO_SHORT = -24,
    /**
     * The value can't be sent in this place.
     */
    BW_CODE_INVALID = -25,
    /**
     * A kind of misuse that is newer than this list.
     */
    BW_CODE_MISUSE = -39,
    /**
     * The peer did not show in time what it speaks.
     */
    BW_CODE_DETECT_TIMEOUT = -100,
    /**
     * A line doesn't end in CR LF.
     */
    BW_CODE_HTTP_LINE_END = -200,
    /**
     * Malformed request line.
     */
    BW_CODE_HTTP_REQUEST_LINE = -201,
    /**
     * The target has a form or a byte that isn't allowed.
     */
    BW_CODE_HTTP_TARGET = -202,
    /**
     * This version of HTTP isn't supported.
     */
    BW_CODE_HTTP_VERSION = -203,
    /**
     * HTTP/2 where HTTP/1 was expected.
     */
    BW_CODE_HTTP_HTTP2_PREFACE = -204,
    /**
     * Malformed status line.
     */
    BW_CODE_HTTP_STATUS_LINE = -205,
    /**
     * Malformed field line.
     */
    BW_CODE_HTTP_FIELD_LINE = -206,
    /**
     * `Host` is missing, repeated or malformed.
     */
    BW_CODE_HTTP_HOST = -207,
    /**
     * Malformed or contradictory `Content-Length`.
     */
    BW_CODE_HTTP_CONTENT_LENGTH = -208,
    /**
     * Faulty `Transfer-Encoding`.
     */
    BW_CODE_HTTP_TRANSFER_ENCODING = -209,
    /**
     * A transfer coding that isn't supported.
     */
    BW_CODE_HTTP_TRANSFER_CODING = -210,
    /**
     * Both `Content-Length` and `Transfer-Encoding`.
     */
    BW_CODE_HTTP_LENGTH_AND_ENCODING = -211,
    /**
     * A body where there must be none.
     */
    BW_CODE_HTTP_UNEXPECTED_BODY = -212,
    /**
     * An expectation that can't be met.
     */
    BW_CODE_HTTP_EXPECTATION = -213,
    /**
     * Malformed chunk size or extension.
     */
    BW_CODE_HTTP_CHUNK_SIZE = -214,
    /**
     * A chunk's data doesn't end where its size says.
     */
    BW_CODE_HTTP_CHUNK_END = -215,
    /**
     * The start line is too long.
     */
    BW_CODE_HTTP_LINE_TOO_LONG = -216,
    /**
     * The head is too long.
     */
    BW_CODE_HTTP_HEAD_TOO_LONG = -217,
    /**
     * Too many fields.
     */
    BW_CODE_HTTP_TOO_MANY_FIELDS = -218,
    /**
     * The body is too long.
     */
    BW_CODE_HTTP_BODY_TOO_LONG = -219,
    /**
     * The lines between chunks are too long.
     */
    BW_CODE_HTTP_CHUNK_TOO_LONG = -220,
    /**
     * The trailers are too long.
     */
    BW_CODE_HTTP_TRAILERS_TOO_LONG = -221,
    /**
     * Too many interim responses.
     */
    BW_CODE_HTTP_TOO_MANY_INTERIM = -222,
    /**
     * Bytes that answer no request.
     */
    BW_CODE_HTTP_UNSOLICITED = -223,
    /**
     * The connection ended without an answer.
     */
    BW_CODE_HTTP_UNANSWERED = -224,
    /**
     * A switch of protocols that nobody asked for.
     */
    BW_CODE_HTTP_UNEXPECTED_SWITCH = -225,
    /**
     * The stream ended within a message.
     */
    BW_CODE_HTTP_CUT = -226,
    /**
     * The head took too long.
     */
    BW_CODE_HTTP_HEAD_TIMEOUT = -227,
    /**
     * The body came too slowly.
     */
    BW_CODE_HTTP_BODY_TIMEOUT = -228,
    /**
     * The peer reads too slowly.
     */
    BW_CODE_HTTP_SEND_TIMEOUT = -229,
    /**
     * No response in time.
     */
    BW_CODE_HTTP_RESPONSE_TIMEOUT = -230,
    /**
     * A fault that is newer than this list.
     */
    BW_CODE_HTTP_OTHER = -299,
    /**
     * It speaks another protocol.
     */
    BW_CODE_MESSAGE_UNKNOWN_MAGIC = -300,
    /**
     * It speaks a version that isn't accepted.
     */
    BW_CODE_MESSAGE_UNSUPPORTED_VERSION = -301,
    /**
     * It announced a payload above the limit.
     */
    BW_CODE_MESSAGE_OVERSIZE = -302,
    /**
     * It ended within a message.
     */
    BW_CODE_MESSAGE_TRUNCATED = -303,
    /**
     * Nothing came in time.
     */
    BW_CODE_MESSAGE_IDLE = -304,
    /**
     * The message came too slowly.
     */
    BW_CODE_MESSAGE_TIMEOUT = -305,
    /**
     * The peer stopped reading.
     */
    BW_CODE_MESSAGE_STALLED = -306,
    /**
     * A fault that is newer than this list.
     */
    BW_CODE_MESSAGE_OTHER = -399,
    /**
     * A reserved bit that nobody has claimed.
     */
    BW_CODE_WEBSOCKET_RESERVED = -400,
    /**
     * An unknown kind of frame.
     */
    BW_CODE_WEBSOCKET_OPCODE = -401,
    /**
     * A client must mask its frames, and a server must not.
     */
    BW_CODE_WEBSOCKET_MASKING = -402,
    /**
     * A length in more bytes than it needs, or beyond 63 bits.
     */
    BW_CODE_WEBSOCKET_LENGTH = -403,
    /**
     * A control frame of more than 125 bytes.
     */
    BW_CODE_WEBSOCKET_LONG_CONTROL = -404,
    /**
     * A control frame in fragments.
     */
    BW_CODE_WEBSOCKET_FRAGMENTED_CONTROL = -405,
    /**
     * A continuation where no message was begun.
     */
    BW_CODE_WEBSOCKET_UNEXPECTED_CONTINUATION = -406,
    /**
     * A new message within another.
     */
    BW_CODE_WEBSOCKET_UNEXPECTED_MESSAGE = -407,
    /**
     * A Close frame of one byte.
     */
    BW_CODE_WEBSOCKET_CLOSE_LENGTH = -408,
    /**
     * A Close frame with a code that none may have.
     */
    BW_CODE_WEBSOCKET_CLOSE_CODE = -409,
    /**
     * Text that is not UTF-8.
     */
    BW_CODE_WEBSOCKET_UTF8 = -410,
    /**
     * A frame above the limit.
     */
    BW_CODE_WEBSOCKET_LONG_FRAME = -411,
    /**
     * A message above the limit.
     */
    BW_CODE_WEBSOCKET_LONG_MESSAGE = -412,
    /**
     * A message in too many frames.
     */
    BW_CODE_WEBSOCKET_MANY_FRAMES = -413,
    /**
     * Nothing was heard of the peer, not even after a ping.
     */
    BW_CODE_WEBSOCKET_SILENT = -414,
    /**
     * The peer takes nothing of what is sent to it.
     */
    BW_CODE_WEBSOCKET_STALLED = -415,
    /**
     * The peer ended the stream without a Close frame.
     */
    BW_CODE_WEBSOCKET_EOF = -416,
    /**
     * The peer did not answer our Close frame in time.
     */
    BW_CODE_WEBSOCKET_CLOSE_TIMEOUT = -417,
    /**
     * A fault that is newer than this list.
     */
    BW_CODE_WEBSOCKET_OTHER = -499,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bw_code bw_code;
#else
typedef int32_t bw_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What `bw_config_set` sets. Sizes are in bytes. Times are in milliseconds, where 0 turns the timer off. Switches are 0
 * or 1, and each is a leniency that is off unless it is turned on.
 */
enum bw_setting
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * How long a peer may take to show what it speaks. 10,000.
     */
    BW_SETTING_DETECT_TIMEOUT = 100,
    /**
     * The longest start line. 8,192.
     */
    BW_SETTING_HTTP_MAX_LINE = 200,
    /**
     * The longest head. 32,768.
     */
    BW_SETTING_HTTP_MAX_HEAD = 201,
    /**
     * The most fields in a head. 100.
     */
    BW_SETTING_HTTP_MAX_FIELDS = 202,
    /**
     * The longest body. `UINT64_MAX`: no limit, which is the default.
     */
    BW_SETTING_HTTP_MAX_BODY = 203,
    /**
     * How many requests are read, or sent, ahead of the first unanswered one. 16.
     */
    BW_SETTING_HTTP_MAX_PIPELINED = 204,
    /**
     * How much of a body is discarded after an early reply. 65,536.
     */
    BW_SETTING_HTTP_MAX_DRAIN = 205,
    /**
     * The least bytes a second that a peer must send or take. 240.
     */
    BW_SETTING_HTTP_MIN_RATE = 206,
    /**
     * How long a connection may be idle between requests. 75,000.
     */
    BW_SETTING_HTTP_IDLE_TIMEOUT = 207,
    /**
     * How long a head may take from its first byte on. 15,000.
     */
    BW_SETTING_HTTP_HEAD_TIMEOUT = 208,
    /**
     * The time over which the least rate is measured in bodies. 10,000.
     */
    BW_SETTING_HTTP_BODY_TIMEOUT = 209,
    /**
     * The time over which the least rate is measured in what is sent. 30,000.
     */
    BW_SETTING_HTTP_SEND_TIMEOUT = 210,
    /**
     * How long a client waits for a response. Off.
     */
    BW_SETTING_HTTP_RESPONSE_TIMEOUT = 211,
    /**
     * How long a client that expects a 100 waits before it sends the body regardless. 1,000.
     */
    BW_SETTING_HTTP_CONTINUE_TIMEOUT = 212,
    /**
     * The milliseconds from 1970 to the time that the caller calls 0: with it, a server dates its responses.
     */
    BW_SETTING_HTTP_UNIX_AT_ORIGIN = 213,
    /**
     * Leniency: `Content-Length` may be repeated, if all are equal.
     */
    BW_SETTING_HTTP_ALLOW_REPEATED_LENGTH = 220,
    /**
     * Leniency: HTTP/1.2 to 1.9 are read as 1.1.
     */
    BW_SETTING_HTTP_ALLOW_MINOR_VERSIONS = 221,
    /**
     * Leniency: a target may hold UTF-8.
     */
    BW_SETTING_HTTP_ALLOW_UTF8_TARGET = 222,
    /**
     * Leniency: other transfer codings before `chunked` are handed on undecoded.
     */
    BW_SETTING_HTTP_ALLOW_TRANSFER_CODINGS = 223,
    /**
     * Leniency: an empty line may stand before a status line.
     */
    BW_SETTING_HTTP_ALLOW_EMPTY_LINE_BEFORE_STATUS = 224,
    /**
     * Strictness: a client that closes its sending side before it has its replies is taken for gone.
     */
    BW_SETTING_HTTP_ABANDON_HALF_CLOSED = 225,
    /**
     * The first four bytes of every message. `0xDEADBEEF`.
     */
    BW_SETTING_MESSAGE_MAGIC = 300,
    /**
     * The version that is sent and accepted. 1.
     */
    BW_SETTING_MESSAGE_VERSION = 301,
    /**
     * The largest payload. 1 MiB.
     */
    BW_SETTING_MESSAGE_LARGEST = 302,
    /**
     * The largest payload that comes as one event. As much as the largest.
     */
    BW_SETTING_MESSAGE_WHOLE = 303,
    /**
     * How long a session may lie idle. 60,000.
     */
    BW_SETTING_MESSAGE_IDLE = 304,
    /**
     * How far a peer may fall behind the slowest rate within a message. 10,000.
     */
    BW_SETTING_MESSAGE_RECEIVE = 305,
    /**
     * The slowest rate, in bytes a second. 1,024.
     */
    BW_SETTING_MESSAGE_RATE = 306,
    /**
     * How long a peer may take none of the bytes that wait for it. 60,000.
     */
    BW_SETTING_MESSAGE_STALL = 307,
    /**
     * The longest message. 16 MiB.
     */
    BW_SETTING_WEBSOCKET_MAX_MESSAGE = 400,
    /**
     * The longest message that comes as one event. As much as the longest.
     */
    BW_SETTING_WEBSOCKET_WHOLE = 401,
    /**
     * The longest frame. As much as the longest message.
     */
    BW_SETTING_WEBSOCKET_MAX_FRAME = 402,
    /**
     * The most frames in a message. 131,072.
     */
    BW_SETTING_WEBSOCKET_MAX_FRAMES = 403,
    /**
     * How long a peer may be silent before it is pinged. 30,000.
     */
    BW_SETTING_WEBSOCKET_PING = 404,
    /**
     * How long after that ping a peer that still is silent is given up. 20,000. It can't be turned off.
     */
    BW_SETTING_WEBSOCKET_PONG = 405,
    /**
     * How long a peer may take none of the bytes that wait for it. 60,000.
     */
    BW_SETTING_WEBSOCKET_STALL = 406,
    /**
     * How long after our Close frame the peer's may come. 5,000. It can't be turned off.
     */
    BW_SETTING_WEBSOCKET_CLOSE_TIMEOUT = 407,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bw_setting bw_setting;
#else
typedef uint32_t bw_setting;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a connection speaks.
 */
enum bw_protocol
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing that is known here; only an event says so.
     */
    BW_PROTOCOL_UNKNOWN = 0,
    /**
     * Bytes without a grammar: a tunnel, or what an upgrade led to.
     */
    BW_PROTOCOL_RAW = 1,
    /**
     * Looks at the first bytes and says what they are, consuming none; then `bw_become`.
     */
    BW_PROTOCOL_DETECT = 2,
    /**
     * HTTP/1.1 and 1.0, the server's end.
     */
    BW_PROTOCOL_HTTP1_SERVER = 3,
    /**
     * HTTP/1.1 and 1.0, the client's end.
     */
    BW_PROTOCOL_HTTP1_CLIENT = 4,
    /**
     * The message protocol, either end.
     */
    BW_PROTOCOL_MESSAGE = 5,
    /**
     * HTTP/2 with prior knowledge, which is not spoken here; only an event says so.
     */
    BW_PROTOCOL_HTTP2 = 6,
    /**
     * TLS, which is not spoken here; only an event says so.
     */
    BW_PROTOCOL_TLS = 7,
    /**
     * WebSocket after the handshake, the server's end.
     */
    BW_PROTOCOL_WEBSOCKET_SERVER = 8,
    /**
     * WebSocket after the handshake, the client's end. It needs a `bw_seed` first, so it is only for `bw_become`.
     */
    BW_PROTOCOL_WEBSOCKET_CLIENT = 9,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bw_protocol bw_protocol;
#else
typedef uint32_t bw_protocol;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How the output ends.
 */
enum bw_end
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * There may be more.
     */
    BW_END_OPEN = 0,
    /**
     * All has been sent: shut the sending side now, and say `bw_fin_sent`.
     */
    BW_END_FIN = 1,
    /**
     * Close the socket with a reset: the peer must not take what it got for complete.
     */
    BW_END_ABORT = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bw_end bw_end;
#else
typedef int32_t bw_end;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Who must act before there can be news.
 */
enum bw_next
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nobody: there is an event. Poll again after it.
     */
    BW_NEXT_EVENT = 0,
    /**
     * The peer: send what there is to send, then read more.
     */
    BW_NEXT_NEED_INPUT = 1,
    /**
     * The caller: automatic replies must be sent before more is read.
     */
    BW_NEXT_NEED_FLUSH = 2,
    /**
     * The application: it must answer, accept or resume first.
     */
    BW_NEXT_NEED_APP = 3,
    /**
     * Nobody, ever again. What there is to send is still to be sent.
     */
    BW_NEXT_DONE = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bw_next bw_next;
#else
typedef int32_t bw_next;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What happened.
 */
enum bw_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Something that is newer than this list, and can be ignored.
     */
    BW_KIND_OTHER = 0,
    /**
     * `code` is the `bw_protocol` that the peer speaks. `bw_become` is next.
     */
    BW_KIND_DETECTED = 1,
    /**
     * More bytes, in `data`: of the body of exchange `id`, of the payload that began, or of a raw stream.
     */
    BW_KIND_DATA = 2,
    /**
     * A request's head: `id`, `name` is the method, `data` the target, `fields`, `length` of the body.
     */
    BW_KIND_REQUEST = 3,
    /**
     * A response's head: `id`, `code` is the status, `data` the reason phrase, `fields`, `length` of the body.
     */
    BW_KIND_RESPONSE = 4,
    /**
     * An interim response's head: as `BW_KIND_RESPONSE`, without a body.
     */
    BW_KIND_INTERIM = 5,
    /**
     * The server wants the body of request `id`.
     */
    BW_KIND_CONTINUE = 6,
    /**
     * The request or response `id` is complete; `fields` are its trailers. Or the payload that began is complete.
     */
    BW_KIND_END = 7,
    /**
     * The peer speaks another protocol from here on: `id`; for a client also what a response has. `bw_become` is next.
     */
    BW_KIND_UPGRADED = 8,
    /**
     * A message: `code` is its type, `data` its payload.
     */
    BW_KIND_MESSAGE = 9,
    /**
     * A message whose payload comes in pieces: `code` is its type, `length` the payload's; of a WebSocket's the code is
     * `BW_KIND_TEXT` or `BW_KIND_BINARY`. Then `BW_KIND_DATA` until `BW_KIND_END`.
     */
    BW_KIND_START = 10,
    /**
     * The peer will send no more. It may still be reading.
     */
    BW_KIND_PEER_CLOSED = 11,
    /**
     * A message of text, in `data`: it is UTF-8.
     */
    BW_KIND_TEXT = 12,
    /**
     * A message of bytes, in `data`.
     */
    BW_KIND_BINARY = 13,
    /**
     * A ping, which has been answered already.
     */
    BW_KIND_PING = 14,
    /**
     * The answer to a ping, or a pong that nobody asked for.
     */
    BW_KIND_PONG = 15,
    /**
     * The peer closes the connection, which has been answered already: `code` is its code or 0, `data` the reason.
     */
    BW_KIND_CLOSE = 16,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bw_kind bw_kind;
#else
typedef uint32_t bw_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Options. It may be freed as soon as the connections are made, and shared by any number of them.
 */
typedef struct bw_config bw_config;

/**
 * One connection.
 */
typedef struct bw_connection bw_connection;

/**
 * Some bytes: a pointer, then a length, as in an `iovec`.
 */
typedef struct bw_span {
    /**
     * NULL only if the length is 0.
     */
    const uint8_t *data;
    /**
     * In bytes.
     */
    size_t length;
} bw_span;

/**
 * A field of a head or of trailers.
 */
typedef struct bw_field {
    /**
     * The name. In events, in the case in which it came.
     */
    struct bw_span name;
    /**
     * The value.
     */
    struct bw_span value;
} bw_field;

/**
 * An event. What it points to lives until the next call with the connection that isn't a reader, that call included.
 *
 * It grows at its end only: give `bw_poll` its size.
 */
typedef struct bw_event {
    /**
     * What happened: a `bw_kind`.
     */
    uint32_t kind;
    /**
     * What else: `BW_FLAG_...`, any of them.
     */
    uint32_t flags;
    /**
     * Which exchange.
     */
    uint64_t id;
    /**
     * The length that was announced, or `BW_LENGTH_UNKNOWN`.
     */
    uint64_t length;
    /**
     * A status, a message's type, a protocol.
     */
    uint32_t code;
    /**
     * How many fields there are.
     */
    uint32_t field_count;
    /**
     * The fields, in order.
     */
    const struct bw_field *fields;
    /**
     * A method.
     */
    struct bw_span name;
    /**
     * The bytes of the event.
     */
    struct bw_span data;
} bw_event;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The number of the interface that the library was built with: compare it with `BW_ABI_VERSION`.
 */
uint32_t bw_abi_version(void);

/**
 * A code's name, as in this header without its prefix, in lower case: `"http_chunk_size"`. NULL for a number that is no
 * code. It lives for ever.
 */
const char *bw_error_name(int32_t code);

/**
 * Options, all at their defaults, which are strict. Free them with `bw_config_free`.
 */
struct bw_config *bw_config_new(void);

/**
 * Sets one option, of `bw_setting`. Whether all of them go together is seen when a connection is made.
 *
 * `BW_CODE_ARGUMENT` when there is no such option, or it can't have this value.
 */
int32_t bw_config_set(struct bw_config *config,
                      uint32_t setting,
                      uint64_t value);

/**
 * Frees options. NULL is fine.
 */
void bw_config_free(struct bw_config *config);

/**
 * Makes a connection that speaks `protocol`, of `bw_protocol`. `config` may be NULL: then all is at its default.
 *
 * `BW_CODE_ARGUMENT` for a protocol that isn't spoken here, `BW_CODE_CONFIG` for options that contradict each other.
 */
int32_t bw_connection_new(uint32_t protocol,
                          const struct bw_config *config,
                          struct bw_connection **out);

/**
 * Frees a connection, and all that its events point to. NULL is fine.
 */
void bw_connection_free(struct bw_connection *connection);

/**
 * Has another protocol take over, with all bytes that came early and all that are still to be sent: after
 * `BW_KIND_DETECTED`, or `BW_KIND_UPGRADED`.
 *
 * `BW_CODE_ARGUMENT` for a protocol that isn't spoken here, `BW_CODE_CLOSED` after a fault of the peer's,
 * `BW_CODE_OUT_OF_TURN` without the seed that it needs.
 */
int32_t bw_become(struct bw_connection *connection,
                  uint32_t protocol);

/**
 * Gives received bytes, which are copied. `*taken` is how many were: fewer than `length` where the window is full. Then
 * poll, and give the rest.
 *
 * `BW_CODE_CLOSED` after `bw_eof`.
 */
int32_t bw_feed(struct bw_connection *connection,
                const uint8_t *data,
                size_t length,
                size_t *taken);

/**
 * Where to read up to `want` bytes to, so that they aren't copied: `*length` bytes at `*data`, all initialised. Then
 * `bw_commit`. Never read where `*length` is 0: a read of nothing looks like the end of the stream.
 *
 * `BW_CODE_CLOSED` after `bw_eof`.
 */
int32_t bw_space(struct bw_connection *connection,
                 size_t want,
                 uint8_t **data,
                 size_t *length);

/**
 * Says that the first `length` bytes of `bw_space` were filled. Nothing but readers may be called in between.
 *
 * `BW_CODE_TOO_LONG` when there was no such space.
 */
int32_t bw_commit(struct bw_connection *connection,
                  size_t length);

/**
 * Says that the peer ended its side: a read returned 0.
 */
int32_t bw_eof(struct bw_connection *connection);

/**
 * What happened next, or who must act before anything can: one of `bw_next`, or the peer's fault.
 *
 * `now` is the time in nanoseconds, since whenever the caller likes; it never runs backwards. `size` is
 * `sizeof(bw_event)`. `*out` is written only with `BW_NEXT_EVENT`.
 */
int32_t bw_poll(struct bw_connection *connection,
                uint64_t now,
                struct bw_event *out,
                size_t size);

/**
 * What is to be sent: up to `capacity` spans, in order, and in `*count` how many. A span has the layout of an `iovec`.
 * The same again until `bw_advance`.
 */
int32_t bw_output(struct bw_connection *connection,
                  struct bw_span *spans,
                  size_t capacity,
                  size_t *count);

/**
 * Says that the first `length` bytes of the output were sent.
 *
 * `BW_CODE_TOO_LONG` when that is more than there are.
 */
int32_t bw_advance(struct bw_connection *connection,
                   size_t length);

/**
 * How many bytes are to be sent. Who produces more than the peer reads watches this.
 */
int32_t bw_queued(struct bw_connection *connection,
                  size_t *length);

/**
 * Whether the sending side is to be ended now, and how: one of `bw_end`.
 */
int32_t bw_ending(struct bw_connection *connection);

/**
 * Says that the sending side was shut.
 */
int32_t bw_fin_sent(struct bw_connection *connection);

/**
 * In how many milliseconds `bw_poll` must be called even if nothing was received: what `poll` and `epoll_wait` take. -1
 * for never. `now` as for `bw_poll`.
 */
int32_t bw_timeout(struct bw_connection *connection,
                   uint64_t now);

/**
 * The peer's fault that ended the connection, or `BW_CODE_OK`.
 */
int32_t bw_error(const struct bw_connection *connection);

/**
 * How many bytes of the input have been understood. A fault is there, or behind what else had come by then.
 */
uint64_t bw_position(struct bw_connection *connection);

/**
 * Ends our side when what was begun is complete: no more requests, messages or bytes.
 *
 * `BW_CODE_CLOSED` the second time, `BW_CODE_OUT_OF_TURN` within a message that was begun.
 */
int32_t bw_close(struct bw_connection *connection);

/**
 * Breaks off: nothing more is sent, and `bw_ending` asks for a reset.
 */
int32_t bw_abort(struct bw_connection *connection);

/**
 * Frees the memory that a connection which waits doesn't need.
 */
int32_t bw_trim(struct bw_connection *connection);

/**
 * Sends bytes without a grammar, of a `BW_PROTOCOL_RAW`.
 */
int32_t bw_raw_send(struct bw_connection *connection,
                    const uint8_t *data,
                    size_t length);

/**
 * Begins the final response to request `id`: a status, fields, and a body of `length` bytes, or of
 * `BW_LENGTH_UNKNOWN`. With 0 it is complete; else `bw_http_send` and `bw_http_finish` follow.
 *
 * Requests are answered in their order. `Content-Length`, `Transfer-Encoding` and `Connection` are written by the
 * library; a `Connection: close` among the fields makes the response the last.
 *
 * `BW_CODE_ARGUMENT` for a status or field that is none; `BW_CODE_OUT_OF_TURN` before earlier requests are answered, or
 * the second time; `BW_CODE_INVALID` for what the request doesn't allow; `BW_CODE_UNKNOWN_ID`.
 */
int32_t bw_http_respond(struct bw_connection *connection,
                        uint64_t id,
                        uint32_t status,
                        const struct bw_field *fields,
                        size_t field_count,
                        uint64_t length);

/**
 * Responds to request `id` with a whole body, which is copied: head and body leave together. Else as
 * `bw_http_respond`.
 */
int32_t bw_http_respond_with(struct bw_connection *connection,
                             uint64_t id,
                             uint32_t status,
                             const struct bw_field *fields,
                             size_t field_count,
                             const uint8_t *data,
                             size_t length);

/**
 * Sends an interim response (1xx, but not 101) ahead of the final one.
 */
int32_t bw_http_interim(struct bw_connection *connection,
                        uint64_t id,
                        uint32_t status,
                        const struct bw_field *fields,
                        size_t field_count);

/**
 * Switches protocols, when the request is complete: a 101 whose `Upgrade` field says to what, or 2xx to `CONNECT`.
 * `BW_KIND_UPGRADED` follows, then `bw_become`.
 */
int32_t bw_http_upgrade(struct bw_connection *connection,
                        uint64_t id,
                        uint32_t status,
                        const struct bw_field *fields,
                        size_t field_count);

/**
 * Sends a request's head, with exactly one `Host` field, and says in `*id` which it is. With a `length` of 0 it is
 * complete; else `bw_http_send` and `bw_http_finish` follow. The next may be sent before this one is answered.
 *
 * `BW_CODE_ARGUMENT` for a method, target or field that is none; `BW_CODE_OUT_OF_TURN` before the last request is
 * complete; `BW_CODE_CLOSED` when this connection takes no more; `BW_CODE_INVALID` for what can't be sent.
 */
int32_t bw_http_request(struct bw_connection *connection,
                        const uint8_t *method,
                        size_t method_length,
                        const uint8_t *target,
                        size_t target_length,
                        const struct bw_field *fields,
                        size_t field_count,
                        uint64_t length,
                        uint64_t *id);

/**
 * Sends a piece of the body of response or request `id`. It is copied.
 *
 * `BW_CODE_TOO_LONG` when it is more than was announced, and nothing of it is sent; `BW_CODE_OUT_OF_TURN` before the
 * head, or while a 100 is waited for.
 */
int32_t bw_http_send(struct bw_connection *connection,
                     uint64_t id,
                     const uint8_t *data,
                     size_t length);

/**
 * Ends the body of response or request `id`, with trailers or none.
 *
 * `BW_CODE_TOO_SHORT` when less was sent than was announced.
 */
int32_t bw_http_finish(struct bw_connection *connection,
                       uint64_t id,
                       const struct bw_field *trailers,
                       size_t trailer_count);

/**
 * Sends a message of this type. The payload is copied.
 *
 * `BW_CODE_ARGUMENT` for a type above 65,535; `BW_CODE_TOO_LONG` above the largest payload; `BW_CODE_OUT_OF_TURN`
 * within a message that was begun; `BW_CODE_CLOSED` after the end.
 */
int32_t bw_message_send(struct bw_connection *connection,
                        uint32_t type,
                        const uint8_t *data,
                        size_t length);

/**
 * Begins a message whose payload, of `length` bytes, follows by `bw_message_data`. Else as `bw_message_send`.
 */
int32_t bw_message_start(struct bw_connection *connection,
                         uint32_t type,
                         uint32_t length);

/**
 * Sends more of the payload. It is copied.
 *
 * `BW_CODE_TOO_LONG` if it would get longer than announced; `BW_CODE_OUT_OF_TURN` where no message was begun.
 */
int32_t bw_message_data(struct bw_connection *connection,
                        const uint8_t *data,
                        size_t length);

/**
 * Ends the message that was begun.
 *
 * `BW_CODE_TOO_SHORT` if it has less than was announced; `BW_CODE_OUT_OF_TURN` where no message was begun.
 */
int32_t bw_message_end(struct bw_connection *connection);

/**
 * Grants the WebSocket that request `id` asks for, when the request is complete: `BW_KIND_UPGRADED` follows, then
 * `bw_become`. A request that asks wrongly is answered so.
 *
 * Returns 0, or the status that the request was refused with. `BW_CODE_INVALID` when it doesn't ask for an upgrade at
 * all; `BW_CODE_OUT_OF_TURN` before its end, and before earlier requests are answered.
 */
int32_t bw_websocket_accept(struct bw_connection *connection,
                            uint64_t id);

/**
 * Gives 32 bytes that nobody can guess, from the system's randomness: what a WebSocket client masks with. They are used
 * once, by the next `bw_become`.
 *
 * `BW_CODE_ARGUMENT` for another length.
 */
int32_t bw_seed(struct bw_connection *connection,
                const uint8_t *seed,
                size_t length);

/**
 * Sends a whole message, or a ping or pong of up to 125 bytes: `kind` is `BW_KIND_TEXT`, `BW_KIND_BINARY`,
 * `BW_KIND_PING` or `BW_KIND_PONG`. The payload is copied.
 *
 * `BW_CODE_ARGUMENT` for another kind, and for text that isn't UTF-8; `BW_CODE_OUT_OF_TURN` for a message within one that
 * was begun; `BW_CODE_TOO_LONG`; `BW_CODE_CLOSED` when one side has closed.
 */
int32_t bw_websocket_send(struct bw_connection *connection,
                          uint32_t kind,
                          const uint8_t *data,
                          size_t length);

/**
 * Begins a message of `BW_KIND_TEXT` or `BW_KIND_BINARY` whose length is not known yet; `bw_websocket_data` and
 * `bw_websocket_end` follow.
 */
int32_t bw_websocket_start(struct bw_connection *connection,
                           uint32_t kind);

/**
 * Sends more of the message that was begun, as one fragment. It is copied.
 */
int32_t bw_websocket_data(struct bw_connection *connection,
                          const uint8_t *data,
                          size_t length);

/**
 * Ends the message that was begun.
 */
int32_t bw_websocket_end(struct bw_connection *connection);

/**
 * Says goodbye, with a code that may be sent (RFC 6455 §7.4) and a reason of up to 123 bytes of UTF-8. Nothing else can
 * be sent after it.
 */
int32_t bw_websocket_close(struct bw_connection *connection,
                           uint32_t code,
                           const uint8_t *reason,
                           size_t length);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* BAREWIRE_H */
