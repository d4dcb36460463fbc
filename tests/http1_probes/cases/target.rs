//! Request targets (RFC 9112 §3.2). Ours: 0x21 to 0x7E without `#`; each form where the standard has it.

use super::table::{Case, case, line};

const ORIGIN: &str = "9112 §3.2.1: absolute-path [ \"?\" query ], handed on as it is";
const ABSOLUTE: &str = "9112 §3.2.2: a server MUST accept the absolute form";
const FORM: &str = "9112 §3.2: this form isn't for this method, or is none";
const BYTE: &str = "9112 §3.2, RFC 3986: this byte isn't in any target";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for target in [
        "/",
        "//",
        "//a",
        "/a//b",
        "/.",
        "/..",
        "/../../etc/passwd",
        "/a;b=c",
        "/a?b",
        "/a?b?c",
        "/?",
        "/a?b=/c",
        "/a:80",
        "/%41",
        "/%00",
        "/%0d%0aX:%20y",
        "/a%2fb",
        "/a@b",
        "/http://h/",
        "/*",
        "/~a",
        "/a,b",
        "/a!$&'()*+,;=:@-._~",
        "/[a]",
        "/a|b",
        "/a^b",
        "/{a}",
        "/<a>",
        "/\"a\"",
        "/`a`",
        "/\\a",
        "/%",
        "/%zz",
        "/%4",
        "/HTTP/1.1",
        "/?*",
        "/a?b=c&d=e",
        "/?http://h/",
    ] {
        let input = line(format!("GET {target} HTTP/1.1"));
        cases.push(case(format!("target {target}"), ORIGIN, input).echo("GET", target, "").host("h"));
    }
    for (target, host) in [
        ("http://x/", "x"),
        ("http://x", "x"),
        ("http://x:80/", "x:80"),
        ("http://x:/", "x:"),
        ("http://x?q", "x"),
        ("http://x/a?b", "x"),
        ("HTTP://X/", "X"),
        ("https://x/", "x"),
        ("http://h/", "h"),
        ("http://[::1]/", "[::1]"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://x//y", "x"),
        ("http://x/http://y/", "x"),
        ("http://x/@y", "x"),
        ("http://x?@y", "x"),
        ("http://%41/", "%41"),
    ] {
        let input = line(format!("GET {target} HTTP/1.1"));
        cases.push(case(format!("target {target}"), ABSOLUTE, input).echo("GET", target, "").host(host));
    }
    cases.push(
        case("OPTIONS of a whole server, absolute", ABSOLUTE, line("OPTIONS http://x HTTP/1.1"))
            .echo("OPTIONS", "http://x", "")
            .host("x"),
    );
    cases.push(
        case(
            "POST to an absolute target",
            ABSOLUTE,
            "POST http://x/ HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab",
        )
        .echo("POST", "http://x/", "ab")
        .host("x"),
    );
    for target in [
        "http://",
        "http:///",
        "http:///a",
        "http:/a",
        "http:a",
        "http:",
        "http://u@x/",
        "http://u:p@x/",
        "http://@x/",
        "http://x:y/",
        "http://x:80:80/",
        "http://x:-1/",
        "http://x:99999/",
        "http://[::1/",
        "http://::1/",
        "http://[::g]/",
        "http://[]/",
        "http://x\\y/",
        "http://x|y/",
        "http://:80/",
        "http://?q",
        "://x/",
        "1http://x/",
        "ht_tp://x/",
        "http//x/",
        "http://x%4/",
        "http://<x>/",
        "http://\"x\"/",
        "http://{x}/",
        "http://[::1]x/",
        "http://x[::1]/",
    ] {
        let input = line(format!("GET {target} HTTP/1.1"));
        cases.push(case(format!("target {target}"), "9110 §4.2: an http URI has a host and no userinfo", input).bad());
    }
    for (method, target) in [
        ("GET", "*"),
        ("POST", "*"),
        ("HEAD", "*"),
        ("options", "*"),
        ("TRACE", "*"),
        ("OPTIONS", "**"),
        ("OPTIONS", "*/"),
        ("OPTIONS", "*?q"),
        ("OPTIONS", "/*#"),
        ("GET", "h:80"),
        ("GET", "h"),
        ("GET", "localhost"),
        ("OPTIONS", "h:80"),
        ("POST", "h:443"),
        ("GET", "?q"),
        ("GET", "a/b"),
        ("GET", "./a"),
        ("GET", "../a"),
        ("GET", "@/"),
        ("GET", ":80"),
        ("GET", "[::1]:80"),
        ("GET", "%2f"),
        ("GET", "\\"),
        ("GET", "-"),
        ("GET", "mailto:a"),
        ("GET", "urn:a:b"),
    ] {
        let input = line(format!("{method} {target} HTTP/1.1"));
        cases.push(case(format!("target {target} of {method}"), FORM, input).bad());
    }
    cases.push(
        case("the asterisk of OPTIONS", "9112 §3.2.4", line("OPTIONS * HTTP/1.1")).echo("OPTIONS", "*", "").host("h"),
    );
    for target in [
        &b"/#"[..],
        b"/a#b",
        b"#",
        b"#/",
        b"http://h/#a",
        b"http://h#a",
        b"/a\0b",
        b"/a\x01b",
        b"/a\x08b",
        b"/a\x0bb",
        b"/a\x0cb",
        b"/a\x1fb",
        b"/a\x7fb",
        b"/a\x80b",
        b"/a\x85b",
        b"/a\xa0b",
        b"/a\xffb",
        b"/caf\xc3\xa9",
        b"/\xe2\x82\xac",
        b"/\xc0\xaf",
        b"\xff",
        b"/?\xc3\xa9",
        b"/\x1b[31m",
    ] {
        let input = line([b"GET ", target, b" HTTP/1.1"].concat());
        cases.push(case(format!("target bytes {}", target.escape_ascii()), BYTE, input).bad());
    }
    cases
}
