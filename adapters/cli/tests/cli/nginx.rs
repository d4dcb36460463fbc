use crate::support::{Folder, Server, barewire, has, noise, printed, run};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

on_each_runtime! { upstream in_front }

/// nginx with this inside of its `server`, until it is dropped.
struct Nginx {
    child: Child,
    port: u16,
    folder: Folder,
}

impl Nginx {
    fn start(server: &str) -> Self {
        let folder = Folder::new();
        // nginx can't pick a free port by itself.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name| folder.path(name);
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};", at(name)))
            .concat();
        let config = format!(
            "daemon off; master_process off; pid {}; error_log {} info; events {{}}\n\
             http {{ access_log off; {temporary} client_max_body_size 0; keepalive_timeout 60;\n\
             server {{ listen 127.0.0.1:{port}; {} }} }}\n",
            at("pid"),
            at("log"),
            server.replace("FOLDER", &at("")),
        );
        let config = folder.write("nginx.conf", config.as_bytes());
        let child = Command::new(nginx())
            .args(["-e", &at("log"), "-c", &config])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "{}", std::fs::read_to_string(at("log")).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { child, port, folder }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// It may be out of an ordinary user's path.
fn nginx() -> &'static str {
    if std::path::Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" }
}

fn has_nginx() -> bool {
    has("nginx", &[nginx(), "-v"])
}

/// As the server that `get` asks.
fn upstream(runtime: &str) {
    if !has_nginx() {
        return;
    }
    let nginx = Nginx::start("root FOLDER; location /moved { return 301 /file; } location /big { return 200 \"ok\"; }");
    let file = noise(2_000_000);
    nginx.folder.write("file", &file);
    let get = |args: &[&str]| printed(barewire(&[&["get", "--runtime", runtime], args].concat(), b""));
    assert!(get(&[&nginx.url("/file")]) == file);
    let range = String::from_utf8_lossy(&get(&["-i", "-H", "Range: bytes=0-0", &nginx.url("/file")])).into_owned();
    assert!(range.starts_with("HTTP/1.1 206 Partial Content\r\n"), "{range}");
    let moved = String::from_utf8(get(&["-i", &nginx.url("/moved")])).unwrap();
    assert!(moved.starts_with("HTTP/1.1 301 Moved Permanently\r\n"), "{moved}");
    let head = get(&["-i", "-X", "HEAD", &nginx.url("/file")]);
    assert!(head.ends_with(b"\r\n\r\n"), "{}", head.escape_ascii());
    let absent = barewire(&["get", "--runtime", runtime, "--fail", &nginx.url("/none")], b"");
    assert_eq!(absent.status.code(), Some(22));
}

/// As the client that `serve` answers: kept connections, bodies with and without a length.
fn in_front(runtime: &str) {
    if !has_nginx() || !has("curl", &["curl", "--version"]) {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    let nginx = Nginx::start(&format!(
        "location / {{ proxy_pass http://{}; proxy_http_version 1.1; proxy_set_header Connection \"\"; \
         proxy_request_buffering off; proxy_buffering off; }}",
        server.address
    ));
    let curl = |args: &[&str], input: &[u8]| {
        printed(run(
            "curl",
            &[&["--silent", "--show-error", "--max-time", "20", "--noproxy", "*"], args].concat(),
            input,
        ))
    };
    assert_eq!(curl(&[&nginx.url("/health"), &nginx.url("/health")], b""), b"ok\nok\n");
    let body = noise(1 << 20);
    assert!(curl(&["--data-binary", "@-", &nginx.url("/echo")], &body) == body);
    assert!(curl(&["-T", "-", &nginx.url("/echo")], &body) == body);
    assert!(curl(&["--head", &nginx.url("/")], b"").starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert!(curl(&["-i", &nginx.url("/none")], b"").starts_with(b"HTTP/1.1 404 Not Found\r\n"));
}
