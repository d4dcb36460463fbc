//! What a person at a shell sees.

use crate::support::{BAREWIRE, Folder, Server, barewire, printed, run};
use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Stdio};

fn said(args: &[&str]) -> (i32, String) {
    let output = barewire(args, b"");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "errors belong to standard error");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn each_command_has_help_with_examples() {
    for command in ["serve", "echo", "get", "send", "decode"] {
        let help = String::from_utf8(printed(barewire(&[command, "--help"], b""))).unwrap();
        assert!(help.contains("Examples:") && help.contains(&format!("barewire {command}")), "{help}");
    }
    let help = String::from_utf8(printed(barewire(&["--help"], b""))).unwrap();
    assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
    assert!(printed(barewire(&["--version"], b"")).starts_with(b"barewire "));
}

#[test]
fn a_wrong_command_line_is_code_2() {
    for args in [
        &[][..],
        &["swerve"],
        &["serve", "--runtime", "async"],
        &["serve", "--head-timeout", "0"],
        &["echo"],
        &["decode", "http1-request", "--cut", "0"],
    ] {
        assert_eq!(barewire(args, b"").status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn where_it_cannot_listen_it_says_what_to_change() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let held = holder.local_addr().unwrap().to_string();
    for command in [&["serve"][..], &["echo", "tcp"], &["echo", "http"], &["echo", "message"]] {
        let (code, text) = said(&[command, &["--listen", &held]].concat());
        assert_eq!(code, 1);
        assert!(text.contains(&held) && text.contains("Another program has this port"), "{text}");
        assert!(text.contains("--listen"), "{text}");
    }
    let holder = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (code, text) = said(&["echo", "udp", "--listen", &holder.local_addr().unwrap().to_string()]);
    assert_eq!(code, 1);
    assert!(text.contains("Another program has this port"), "{text}");
    let (code, text) = said(&["serve", "--listen", "192.0.2.1:80"]);
    assert_eq!(code, 1);
    assert!(text.contains("No interface of this machine has this address"), "{text}");
    let (code, text) = said(&["serve", "--listen", "nonsense"]);
    assert_eq!(code, 1);
    assert!(text.contains("--listen takes ADDR:PORT"), "{text}");
}

#[test]
fn get_says_what_is_wrong() {
    for (args, code, what) in [
        (&["https://127.0.0.1/"][..], 1, "https is not spoken yet"),
        (&["127.0.0.1:8080/x"], 1, "Did you mean http://127.0.0.1:8080/x?"),
        (&["http://127.0.0.1:1/"], 1, "Is the server running"),
        (&["http://a/", "-H", "no colon"], 1, "is not a field"),
        (&["http://a/", "-H", "X: a\r\nY: b"], 1, "is not a field"),
        (&["http://127.0.0.1:1/", "-H", "Transfer-Encoding: chunked"], 1, "are written for you"),
        (&["http://a/", "-d", "@/nowhere"], 1, "cannot read /nowhere"),
        (&["http://a/", "-X", "A B"], 1, "the method `A B`"),
    ] {
        let (seen, text) = said(&[&["get"], args].concat());
        assert_eq!(seen, code, "{text}");
        assert!(text.contains(what), "{text}");
    }
}

#[test]
fn get_has_curls_code_for_a_failed_status() {
    let server = Server::start(&["serve"]);
    for runtime in crate::support::RUNTIMES {
        let url = server.url("/nothing");
        let output = barewire(&["get", "--runtime", runtime, &url], b"");
        assert!(printed(output).starts_with(b"There is nothing here"));
        let output = barewire(&["get", "--runtime", runtime, "--fail", &url], b"");
        assert_eq!(output.status.code(), Some(22));
        assert_eq!(output.stdout, b"");
        assert!(String::from_utf8_lossy(&output.stderr).contains("404 Not Found"));
    }
}

#[test]
fn get_writes_a_file() {
    let (server, folder) = (Server::start(&["serve"]), Folder::new());
    let path = folder.path("page");
    assert_eq!(printed(barewire(&["get", "-o", &path, &server.url("/health")], b"")), b"");
    assert_eq!(std::fs::read(&path).unwrap(), b"ok\n");
    let text = folder.write("sent", b"a file");
    let answer = printed(barewire(&["get", "-i", "-d", &format!("@{text}"), &server.url("/echo")], b""));
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\na file"), "{answer}");
    assert!(answer.contains("\r\ncontent-length: 6\r\n"), "{answer}");
}

#[test]
fn get_times_out() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    for runtime in crate::support::RUNTIMES {
        let (code, text) = said(&["get", "--runtime", runtime, "--timeout", "0.3", &url]);
        assert_eq!(code, 1);
        assert!(text.contains("no response in time"), "{text}");
    }
}

#[test]
fn send_says_what_is_missing() {
    let (code, text) = said(&["send", "127.0.0.1:1", "hello"]);
    assert_eq!(code, 1);
    assert!(text.contains("Is the server running"), "{text}");
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = mute.local_addr().unwrap().to_string();
    let hang_up = std::thread::spawn(move || drop(mute.accept()));
    let (code, text) = said(&["send", "--replies", "1", &address, "hello"]);
    assert_eq!(code, 1, "{text}");
    hang_up.join().unwrap();
}

/// `| head` is no failure, and no reason for a word.
#[test]
fn a_closed_pipe_is_quiet() {
    let (server, folder) = (Server::start(&["serve"]), Folder::new());
    let requests = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50_000);
    let file = folder.write("requests", &requests);
    for pipeline in [
        format!("{BAREWIRE} decode http1-request {file} | head -n 1"),
        format!("{BAREWIRE} get -d @{file} {} | head -c 10", server.url("/echo")),
        format!("{BAREWIRE} get --help | head -n 1"),
    ] {
        let command = format!("set -o pipefail; {pipeline}");
        let output = run("bash", &["-c", &command], b"");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{pipeline}");
        assert!(output.status.success(), "{pipeline}: {}", output.status);
        assert!(!output.stdout.is_empty());
    }
    // A server whose reader leaves goes on serving.
    let mut child = Command::new(BAREWIRE)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn quiet_and_verbose() {
    let server = Server::start(&["serve", "-q"]);
    server.signal("TERM");
    assert_eq!(server.wait().1, "");
    let server = Server::start(&["serve", "-v"]);
    drop(server.connect());
    printed(barewire(&["get", &server.url("/health")], b""));
    server.signal("TERM");
    let (_, said) = server.wait();
    assert!(said.contains("accepted") && said.contains("Http1"), "{said}");
}
