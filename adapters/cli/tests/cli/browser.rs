use crate::support::{Folder, Server, has, printed, run};

on_each_runtime! { page }

/// A browser loads the page, and its script runs.
fn page(runtime: &str) {
    if !has("Chromium", &["chromium", "--version"]) {
        return;
    }
    let (server, profile) = (Server::start(&["serve", "--runtime", runtime]), Folder::new());
    let profile = format!("--user-data-dir={}", profile.path("profile"));
    let fixed =
        ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--dump-dom"];
    let url = server.url("/");
    let dom = printed(run("chromium", &[&fixed[..], &[&profile, &url]].concat(), b""));
    let dom = String::from_utf8_lossy(&dom).into_owned();
    assert!(dom.contains("<h1>barewire</h1>"), "{dom}");
    assert!(dom.contains(&format!("<span class=\"here\">{}</span>", server.address)), "{dom}");
}
