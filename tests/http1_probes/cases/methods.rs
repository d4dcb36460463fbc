//! Methods (RFC 9110 §9): any token, case-sensitive, handed on; and which may have a body.

use super::table::{Case, case, get, line};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for method in [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "PATCH",
        "PROPFIND",
        "M-SEARCH",
        "QUERY",
        "get",
        "Get",
        "FOO",
        "X",
        "a1.b_c~d",
        "!#$%&'*+-.^_`|~",
        "GETT",
        "0",
        "HTTP",
        "GETGETGETGETGETGETGETGETGETGETGETGETGETGET",
    ] {
        let name = format!("method {method}");
        cases.push(case(name, "9110 §9.1: a token", line(format!("{method} /x HTTP/1.1"))).echo(method, "/x", ""));
    }
    for method in [
        &b"G@T"[..],
        b"G(T",
        b"GET:",
        b"G/T",
        b"G[T]",
        b"G{T}",
        b"G\"ET",
        b"G;T",
        b"G,T",
        b"G=T",
        b"G<T",
        b"G?T",
        b"G\\T",
        b"G\x7fT",
        b"G\0T",
        b"G\x01T",
        b"G\xc3\x89T",
        b"GET\x80",
        b"\xff",
        b"(",
        b"@GET",
    ] {
        let name = format!("method {}", method.escape_ascii());
        cases.push(case(name, "9110 §9.1: no token", line([method, b" / HTTP/1.1"].concat())).bad());
    }
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "PUT", "PATCH", "FOO", "post", "PROPFIND"] {
        let head = format!("{method} /x HTTP/1.1\r\nHost: h\r\n");
        let rule = "9112 §6: a body's presence is signalled by the fields, for every method";
        cases.push(
            case(format!("{method} with a length"), rule, format!("{head}Content-Length: 5\r\n\r\nhello"))
                .echo(method, "/x", "hello"),
        );
        cases.push(
            case(
                format!("{method} with chunks"),
                rule,
                format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
            )
            .echo(method, "/x", "hello"),
        );
        cases.push(
            case(
                format!("{method} with a request for a body"),
                "RUSTSEC-2020-0093: a body must not become a request",
                {
                    let body = "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n";
                    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
                },
            )
            .echo(method, "/x", "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n"),
        );
    }
    let rule = "9112 §6.3: with neither length nor coding there is no body";
    for method in ["POST", "PUT", "PATCH"] {
        let input = [line(format!("{method} / HTTP/1.1")), get("")].concat();
        cases.push(case(format!("{method} without a body"), rule, input).echo(method, "/", "").get());
    }
    let trace = "9110 §9.3.8: a client MUST NOT send content in a TRACE; refused";
    cases.extend([
        case("TRACE with a length", trace, "TRACE / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello").bad(),
        case(
            "TRACE with chunks",
            trace,
            "TRACE / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        )
        .bad(),
    ]);
    cases
}
