/* How many requests a second go through the C interface, on one core: `.ci/speed` has it beside others. */

#include "barewire.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define REQUEST "GET /plaintext HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
#define FOUR REQUEST REQUEST REQUEST REQUEST

enum { BATCH = 16, ROUNDS = 40000 };

int main(void) {
    static const char input[] = FOUR FOUR FOUR FOUR;
    struct bw_connection *c = NULL;
    struct bw_event event;
    struct timespec start, end;
    size_t n;
    if (bw_connection_new(BW_PROTOCOL_HTTP1_SERVER, NULL, &c) < 0)
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int round = 0; round < ROUNDS; round++) {
        bw_feed(c, (const uint8_t *)input, sizeof input - 1, &n);
        while (bw_poll(c, 0, &event, sizeof event) == BW_NEXT_EVENT)
            if (event.kind == BW_KIND_END)
                bw_http_respond_with(c, event.id, 200, NULL, 0, (const uint8_t *)"Hello, World!", 13);
        bw_queued(c, &n);
        bw_advance(c, n);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    printf("C      %.0f requests/s\n", BATCH * ROUNDS / seconds);
    bw_connection_free(c);
    return 0;
}
