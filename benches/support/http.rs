//! The requests that HTTP benches send, and the reply that every server gives: the same for all contestants.

/// Forty bytes: as small as a request with a port gets.
pub const SMALL: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

/// As a browser asks for a page's data: 703 bytes, fourteen fields.
pub const BROWSER: &[u8] = b"GET /account/orders?page=2&sort=newest HTTP/1.1\r\n\
    Host: www.example.com\r\n\
    Connection: keep-alive\r\n\
    Cache-Control: max-age=0\r\n\
    sec-ch-ua-platform: \"Linux\"\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-Dest: document\r\n\
    Referer: https://www.example.com/account\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n\
    Cookie: session=6f1ed002ab5595859014ebf0951522d9; theme=dark; consent=all; locale=en-GB; seen=17d0f3a\r\n\r\n";

/// Requests in one read of a client that pipelines.
pub const DEPTH: usize = 16;

/// The body of every reply: 13 bytes.
pub const BODY: &[u8] = b"Hello, World!";

/// `DEPTH` small requests.
#[must_use]
pub fn pipelined() -> Vec<u8> {
    SMALL.repeat(DEPTH)
}

const _: () = assert!(SMALL.len() == 40 && BROWSER.len() == 703 && BODY.len() == 13);
