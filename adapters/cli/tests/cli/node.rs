use crate::support::{Foreign, Server, barewire, has, noise, printed, run, script};

on_each_runtime! { client server }

fn has_node() -> bool {
    has("Node", &["node", "--version"])
}

fn client(runtime: &str) {
    if !has_node() {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    let output = run("node", &[script("node_client.js"), server.url("")], b"");
    assert_eq!(String::from_utf8_lossy(&printed(output)).trim(), "ok");
}

fn server(runtime: &str) {
    if !has_node() {
        return;
    }
    let server = Foreign::start("node", &[&script("node_server.js")]);
    let url = |path| format!("http://127.0.0.1:{}{path}", server.port);
    let (body, echo) = (noise(1 << 20), url("/echo"));
    for args in [&[][..], &["-X", "PUT"], &["-H", "Expect: 100-continue"]] {
        let args = [&["get", "--runtime", runtime, "-d", "-"], args, &[&echo]].concat();
        assert!(printed(barewire(&args, &body)) == body, "{args:?}");
    }
    let answer = printed(barewire(&["get", "--runtime", runtime, "-i", &url("/hints")], b""));
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 103 Early Hints\r\n"), "{answer}");
    assert!(answer.contains("\r\n\r\nHTTP/1.1 200 OK\r\n") && answer.ends_with("hinted"), "{answer}");
}
