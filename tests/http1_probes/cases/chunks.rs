//! Chunked bodies (RFC 9112 §7.1).

use super::table::{Case, case, chunked, get};

const SIZE: &str = "9112 §7.1: chunk-size = 1*HEXDIG";
const END: &str = "9112 §7.1: chunk-data CRLF, byte for byte; CVE-2025-43859, CVE-2025-55315, CVE-2025-22871";
const EXT: &str = "9112 §7.1.1: *( BWS \";\" BWS chunk-ext-name [ BWS \"=\" BWS chunk-ext-val ] )";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, rest, body) in [
        ("no data", "0\r\n\r\n", ""),
        ("one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("two chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"),
        ("chunks of one byte", "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", "abc"),
        ("an upper-case digit", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("a lower-case digit", "a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("two digits", "10\r\n0123456789abcdef\r\n0\r\n\r\n", "0123456789abcdef"),
        ("a leading zero", "05\r\nhello\r\n0\r\n\r\n", "hello"),
        ("sixteen digits", "0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"),
        ("several zeros end it", "5\r\nhello\r\n000\r\n\r\n", "hello"),
        ("sixteen zeros end it", "5\r\nhello\r\n0000000000000000\r\n\r\n", "hello"),
        ("data of line ends", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
        ("data like the end", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"),
        ("data like a chunk", "9\r\n4\r\nabcd\r\n\r\n0\r\n\r\n", "4\r\nabcd\r\n"),
        ("mixed case digits", "1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n", "abcdefghijklmnopqrstuvwxyz"),
    ] {
        cases.push(case(format!("chunks: {name}"), "9112 §7.1", chunked(rest)).post(body));
    }
    for size in [
        &b""[..],
        b" ",
        b" 5",
        b"5 ",
        b"\t5",
        b"5\t",
        b"+5",
        b"-5",
        b"-0",
        b"0x5",
        b"0X5",
        b"x5",
        b"5x",
        b"5h",
        b"g",
        b"5_",
        b"0_5",
        b"5.",
        b"5.0",
        b"5,",
        b"5:",
        b"5=",
        b"\"5\"",
        b"5 5",
        b"0 5",
        b"\\x5",
        b"%35",
        b"\xef\xbc\x95",
        b"5\0",
        b"\x005",
        b"5\x0b",
        b"\x0c5",
        b"5\xa0",
        b"5\x7f",
        b"5\x01",
        b"5,6",
        b"5/5",
        b"#5",
        b"$5",
        b"5L",
        b"00000000000000005",
        b"00000000000000000",
        b"0000000000000000000000000000000000005",
        b"10000000000000000",
        b"10000000000000005",
        b"FFFFFFFFFFFFFFFFF",
        b"fffffffffffffffff5",
        b"0x",
        b"0x0",
        b"five",
        b"/",
        b"@",
        b"`",
        b"G",
        b"5'",
    ] {
        let rest = [size, b"\r\nhello\r\n0\r\n\r\n"].concat();
        let rule = if size.len() > 16 { "RUSTSEC-2021-0079: at most sixteen digits" } else { SIZE };
        cases.push(case(format!("chunk size {}", size.escape_ascii()), rule, chunked(rest)).bad());
    }
    for (name, rest) in [
        ("an empty last size", &b"5\r\nhello\r\n\r\n\r\n"[..]),
        ("a space for the last size", b"5\r\nhello\r\n \r\n\r\n"),
        ("a signed last size", b"5\r\nhello\r\n+0\r\n\r\n"),
        ("a negative last size", b"5\r\nhello\r\n-0\r\n\r\n"),
        ("a spaced last size", b"5\r\nhello\r\n0 \r\n\r\n"),
        ("a last size behind a space", b"5\r\nhello\r\n 0\r\n\r\n"),
        ("a last size in hex notation", b"5\r\nhello\r\n0x0\r\n\r\n"),
        ("a bad second size", b"5\r\nhello\r\nzz\r\n"),
        ("only an extension", b";x\r\nhello\r\n0\r\n\r\n"),
        ("an empty line first", b"\r\n5\r\nhello\r\n0\r\n\r\n"),
        ("a request in the place of a chunk", b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    ] {
        cases.push(case(format!("chunks: {name}"), SIZE, chunked(rest)).bad());
    }
    // Any two bytes in the place of the CR LF behind the data.
    for end in [
        &b"\n"[..],
        b"\r",
        b"\n\n",
        b"\r\r",
        b"\n\r",
        b"\0\0",
        b"  ",
        b"xx",
        b"\r\0",
        b"\r ",
        b"\rx",
        b"x\n",
        b" \n",
        b"\0\n",
        b"\n\r\n",
        b"\r\r\n",
        b"!!\r\n",
        b" \r\n",
        b"0",
        b"",
        b"o\r\n",
        b"\x0d\x8a",
        b"\x8d\x0a",
        b"\r\x0b",
        b"\x85",
        b"\r\x1a",
    ] {
        let rest = [b"5\r\nhello", end, b"0\r\n\r\n"].concat();
        // Where the end is a CR only, the size's zero is what shows it.
        cases.push(case(format!("chunk end {}", end.escape_ascii()), END, chunked(rest)).bad());
    }
    for (name, end) in [
        ("LF", &b"\n"[..]),
        ("CR", b"\r"),
        ("CR CR LF", b"\r\r\n"),
        ("LF CR", b"\n\r"),
        ("NUL", b"\0"),
        ("CR SP LF", b"\r \n"),
        ("VT", b"\x0b"),
        ("CR NUL", b"\r\0"),
        ("NEL", b"\x85"),
    ] {
        let size = [b"5", end, b"hello\r\n0\r\n\r\n"].concat();
        cases.push(case(format!("chunk size ended by {name}"), END, chunked(size)).bad());
        let last = [b"5\r\nhello\r\n0", end, b"\r\n"].concat();
        cases.push(case(format!("last chunk's size ended by {name}"), END, chunked(last)).bad());
        let extension = [b"5;a=b", end, b"hello\r\n0\r\n\r\n"].concat();
        cases.push(case(format!("chunk extension ended by {name}"), END, chunked(extension)).bad());
        let bare = [b"5;", end, b"hello\r\n0\r\n\r\n"].concat();
        cases.push(case(format!("bare semicolon ended by {name}"), END, chunked(bare)).bad());
        if name == "NEL" {
            // obs-text is allowed there.
            continue;
        }
        let quoted = [b"5;a=\"b", end, b"c\"\r\nhello\r\n0\r\n\r\n"].concat();
        cases.push(case(format!("quoted extension with {name}"), END, chunked(quoted)).bad());
    }
    for extension in [
        ";a",
        ";a=b",
        ";a=\"b\"",
        ";a=\"\"",
        ";a;b",
        ";a=b;c=d",
        "; a",
        " ;a",
        " ; a",
        "\t;\ta",
        ";a =b",
        ";a= b",
        ";a = b",
        ";a\t=\tb",
        ";a=\"b;c\"",
        ";a=\"b\\\"c\"",
        ";a=\"\\\\\"",
        ";a=\"b,c d\te\"",
        ";!#$%&'*+-.^_`|~=1",
        ";a=\"\u{e9}\"",
        ";a=5",
        ";0=0",
        ";ieof",
        ";a=\"\\ \\\t\"",
    ] {
        let rest = format!("5{extension}\r\nhello\r\n0\r\n\r\n");
        cases.push(case(format!("chunk extension {}", extension.escape_default()), EXT, chunked(rest)).post("hello"));
    }
    for extension in ["0;a\r\n\r\n", "0;a=b\r\n\r\n", "0 ;a=\"b\"\r\n\r\n"] {
        let rest = format!("5\r\nhello\r\n{extension}");
        cases.push(
            case(format!("last chunk's extension {}", extension.escape_default()), EXT, chunked(rest)).post("hello"),
        );
    }
    for extension in [
        &b";"[..],
        b";;",
        b";;a",
        b";a;",
        b"; ",
        b" ",
        b";=",
        b";=b",
        b";a=",
        b";a= ",
        b";a=;b",
        b";a=b=c",
        b";a b",
        b";a=b c",
        b"z",
        b"=a",
        b" a",
        b",a",
        b";a,b",
        b";[a]",
        b";bad[=x",
        b";a=[",
        b";a=\"b",
        b";a=b\"",
        b";a=\"b\"c",
        b";a=\"b\" c",
        b";a=\"b\\\"",
        b";\"a\"",
        b";\"a\"=b",
        b";a\0",
        b";\0",
        b";a=\0",
        b";a=\"\0\"",
        b";a=\x01",
        b";a=\"\x01\"",
        b";a=\"\x7f\"",
        b";a=\xff",
        b";\xff",
        b";a=(",
        b";a/b",
        b";a@b",
        b";a=b;",
        b";a=b ;",
        b";a\x0b",
        b";a=\"\\\x01\"",
        b";a=\"\\",
        b";a\xa0",
        b";a{b}",
        b";a ",
        b";a=b ",
        b";a=\"b\" ",
        b" ;",
        b"\t",
        b";a =",
        b"; ;a",
    ] {
        let rest = [b"5", extension, b"\r\nhello\r\n0\r\n\r\n"].concat();
        cases.push(case(format!("chunk extension {}", extension.escape_ascii()), EXT, chunked(rest)).bad());
    }
    cases.extend([
        case("chunks: a size too small", END, chunked("4\r\nhello\r\n0\r\n\r\n")).bad(),
        case("chunks: a size too large", END, chunked("6\r\nhello\r\n0\r\n\r\n")).bad(),
        case("chunks: data two bytes too long", END, chunked("5\r\nhello!!\r\n0\r\n\r\n")).bad(),
        case(
            "chunks: zero with data",
            "9112 §7.1.2: what follows the last chunk is trailers",
            chunked("0\r\nhello\r\n\r\n"),
        )
        .bad(),
        case("chunks: the size is binary", SIZE, chunked(b"\x05\r\nhello\r\n0\r\n\r\n")).bad(),
        case("chunks: 0 LF in the end", "a server took it for trailers", chunked("5\r\nhello\r\n0\r\n\n")).bad(),
        case("chunks: 0 LF LF in the end", END, chunked("5\r\nhello\r\n0\n\n")).bad(),
        case("chunks: 0 CR CR in the end", END, chunked("5\r\nhello\r\n0\r\r")).bad(),
        case("chunks: by LF throughout", END, chunked("5\nhello\n0\n\n")).bad(),
        case("chunks: the last empty line is CR and a letter", END, chunked("0\r\n\rX")).bad(),
        case("chunks: a smuggled request behind LF in an extension", "CVE-2025-43859's kin: TERM.EXT", {
            chunked("2;\nxx\r\n4c\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n")
        })
        .bad(),
        case("chunks: two bytes for CR LF hide a request", "CVE-2025-43859", {
            chunked("5\r\nAAAAAXX2\r\n45\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n")
        })
        .bad(),
        case("chunks: then a request", "9112 §7.1", [chunked("5\r\nhello\r\n0\r\n\r\n"), get("")].concat())
            .post("hello")
            .get(),
        case("chunks: then an empty line and a request", "9112 §2.2", [chunked("0\r\n\r\n\r\n"), get("")].concat())
            .post("")
            .get(),
        case("chunks: none yet", "9112 §8", chunked("")).waits(),
        case("chunks: a size without its end", "9112 §8", chunked("5")).waits(),
        case("chunks: a size and CR", "9112 §8", chunked("5\r")).waits(),
        case("chunks: a size and its end", "9112 §8", chunked("5\r\n")).waits(),
        case("chunks: data that goes on", "9112 §8", chunked("5\r\nhell")).waits(),
        case("chunks: data without CR LF", "9112 §8", chunked("5\r\nhello")).waits(),
        case("chunks: data and CR", "9112 §8", chunked("5\r\nhello\r")).waits(),
        case("chunks: no last one", "9112 §8: complete only with the zero chunk", chunked("5\r\nhello\r\n")).waits(),
        case("chunks: the last without the empty line", "9112 §8", chunked("5\r\nhello\r\n0\r\n")).waits(),
        case("chunks: the last empty line's CR", "9112 §8", chunked("5\r\nhello\r\n0\r\n\r")).waits(),
        case("chunks: an extension that goes on", "9112 §8", chunked("5;a=\"b")).waits(),
        case(
            "chunks: the largest size",
            "RUSTSEC-2021-0079, and nothing is reserved",
            chunked("FFFFFFFFFFFFFFFF\r\nhello"),
        )
        .waits(),
        case("chunks: 2^32 + 5 isn't 5", "no truncation", chunked("100000005\r\nhello\r\n0\r\n\r\n")).waits(),
        case("chunks: sizes that overflow in sum", "checked arithmetic", {
            chunked("5\r\nhello\r\nFFFFFFFFFFFFFFFE\r\nhello")
        })
        .refuse(&[400, 413]),
        case("chunks: a bad size is refused at once", SIZE, chunked("z")).bad(),
        case("chunks: a bad end is refused at once", END, chunked("5\r\nhellox")).bad(),
        case("chunks: a good request before a bad one", SIZE, [get(""), chunked("z\r\n")].concat()).get().bad(),
        case("chunks: a long body", "9112 §7.1", chunked(format!("186a0\r\n{}\r\n0\r\n\r\n", "x".repeat(100_000))))
            .post("x".repeat(100_000)),
    ]);
    cases
}
