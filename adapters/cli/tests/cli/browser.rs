use crate::support::{Folder, Server, has, printed, run};

on_each_runtime! { page explained }

/// A browser loads the page, and its script runs.
fn page(runtime: &str) {
    if !has("Chromium", &["chromium", "--version"]) {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    let dom = visit(&server.url("/"));
    assert!(dom.contains("<h1>barewire</h1>"), "{dom}");
    assert!(dom.contains(&format!("<span class=\"here\">{}</span>", server.address)), "{dom}");
}

/// The machines run in the browser, told of by the engine that serves them.
fn explained(runtime: &str) {
    if !has("Chromium", &["chromium", "--version"]) {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    if cfg!(not(explain)) {
        // The rest is unaffected, and the server says what is missing.
        let said = printed(run("curl", &["-s", "-w", "%{http_code}", &server.url("/explain")], b""));
        assert!(String::from_utf8_lossy(&said).contains(".ci/wasm"));
        assert!(std::env::var_os("BAREWIRE_REQUIRE_PEERS").is_none(), "the page isn't built: .ci/wasm");
        eprintln!("SKIPPED: the page isn't built: .ci/wasm");
        return;
    }
    let shown = ["GET /hello?to=you", "hello, world", "bytes 0–69", "The law of the cut holds."];
    shows(&server, "http1-server/two requests", &shown);
    if runtime == "tokio" {
        shows(&server, "http1-server/smuggling", &["refused: http length and encoding", "400 Bad Request"]);
        shows(&server, "http1-client/a response", &["103 Early Hints", "200 OK", "a body of 12 bytes"]);
        shows(&server, "websocket-server/text, ping, close", &["Hello", "ping", "1000"]);
        shows(&server, "message/a message", &["of type 7", "The law of the cut holds."]);
        shows(&server, "detect/TLS", &["TLS, which is not served here"]);
    }
}

#[track_caller]
fn shows(server: &Server, sample: &str, shown: &[&str]) {
    let dom = visit(&server.url(&format!("/explain#{}", sample.replace(' ', "%20"))));
    for text in shown {
        assert!(dom.contains(text), "{sample}: no {text:?} in {dom}");
    }
    assert!(!dom.contains("is broken"), "{sample}: {dom}");
}

/// What a browser shows of a page once its scripts have run.
fn visit(url: &str) -> String {
    let folder = Folder::new();
    let profile = format!("--user-data-dir={}", folder.path("profile"));
    let fixed = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"];
    let until = ["--virtual-time-budget=10000", "--dump-dom"];
    let dom = printed(run("chromium", &[&fixed[..], &until, &[&profile, url]].concat(), b""));
    String::from_utf8_lossy(&dom).into_owned()
}
