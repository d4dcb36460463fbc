//! The page on which the engine explains itself: a few files, and the machines as WebAssembly.

use barewire::http::{FieldName, FieldValue, Response, Status};
use std::sync::LazyLock;

struct File {
    path: &'static str,
    head: Response,
    body: &'static [u8],
}

/// What there is at a path of the page's.
pub(super) fn find(path: &str) -> Option<(&'static Response, &'static [u8])> {
    FILES.iter().find(|file| file.path == path).map(|file| (&file.head, file.body))
}

fn file(path: &'static str, status: Status, kind: &'static str, body: &'static [u8]) -> File {
    File { path, head: Response::new(status).field(FieldName::CONTENT_TYPE, FieldValue::literal(kind)), body }
}

#[cfg(explain)]
static FILES: LazyLock<[File; 6]> = LazyLock::new(|| {
    macro_rules! embedded {
        ($path:literal, $name:literal, $kind:literal) => {
            file($path, Status::OK, $kind, include_bytes!(concat!(env!("BAREWIRE_WEB"), "/", $name)))
        };
    }
    [
        embedded!("/explain", "explain.html", "text/html; charset=utf-8"),
        embedded!("/explain/explain.css", "explain.css", "text/css; charset=utf-8"),
        embedded!("/explain/explain.js", "explain.js", "text/javascript; charset=utf-8"),
        embedded!("/explain/machines.js", "machines.js", "text/javascript; charset=utf-8"),
        embedded!("/explain/barewire.js", "barewire.js", "text/javascript; charset=utf-8"),
        embedded!("/explain/barewire.wasm", "barewire.wasm", "application/wasm"),
    ]
});

#[cfg(not(explain))]
static FILES: LazyLock<[File; 1]> = LazyLock::new(|| {
    const MISSING: &[u8] =
        b"This page needs the machines as WebAssembly, and this program was built before they were.\n\
        In barewire's sources: .ci/wasm, then cargo run --release -- serve\n";
    [file("/explain", Status::NOT_FOUND, "text/plain; charset=utf-8", MISSING)]
});
