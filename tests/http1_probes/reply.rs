//! Reads what a server sent: strictly, and with nothing of the engine's.

/// One response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Where it ends in what was read.
    pub(crate) end: usize,
}

impl Reply {
    /// The values of all fields of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether `Connection` has this option.
    pub(crate) fn connection(&self, option: &str) -> bool {
        self.all("connection").flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(option))
    }
}

/// Reads the reply that begins at `from`. `Ok(None)`: not all of it is there.
pub(crate) fn read(bytes: &[u8], from: usize, method: &[u8]) -> Result<Option<Reply>, String> {
    let Some(head) = bytes[from..].windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[from..from + head]).map_err(|_| "a head that isn't text")?;
    let mut lines = text.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let (version, rest) = first.split_once(' ').ok_or_else(|| format!("status line {first:?}"))?;
    let (status, _reason) = rest.split_once(' ').ok_or_else(|| format!("status line {first:?}"))?;
    if version != "HTTP/1.1" || status.len() != 3 {
        return Err(format!("status line {first:?}"));
    }
    let status: u16 = status.parse().map_err(|_| format!("status line {first:?}"))?;
    let mut fields = Vec::new();
    for line in lines {
        if line.contains(['\r', '\n', '\0']) {
            return Err(format!("field line {line:?}"));
        }
        let (name, value) = line.split_once(':').ok_or_else(|| format!("field line {line:?}"))?;
        fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut reply = Reply { status, fields, body: Vec::new(), end: from + head + 4 };
    let length = match reply.all("content-length").collect::<Vec<_>>()[..] {
        [] => None,
        [one] => Some(one.parse::<usize>().map_err(|_| format!("content-length {one:?}"))?),
        _ => return Err("several content-lengths".into()),
    };
    let coding = reply.all("transfer-encoding").collect::<Vec<_>>().join(",");
    let tunnel = method == b"CONNECT" && status / 100 == 2;
    let bodyless = tunnel || method == b"HEAD" || status < 200 || matches!(status, 204 | 304);
    if tunnel || status < 200 || status == 204 {
        if length.is_some() || !coding.is_empty() {
            return Err(format!("a {status} that announces a body"));
        }
    } else if length.is_some() == (coding == "chunked") && !bodyless {
        return Err(format!("a {status} with length {length:?} and coding {coding:?}"));
    }
    if bodyless {
        return Ok(Some(reply));
    }
    let body = &bytes[reply.end..];
    match length {
        Some(length) if length <= body.len() => {
            reply.body = body[..length].to_vec();
            reply.end += length;
            Ok(Some(reply))
        }
        Some(_) => Ok(None),
        None => Ok(dechunk(body)?.map(|(data, n)| {
            reply.body = data;
            reply.end += n;
            reply
        })),
    }
}

/// The data of a chunked body, and how long all of it is.
fn dechunk(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, String> {
    let (mut data, mut at) = (Vec::new(), 0);
    loop {
        let Some(line) = bytes[at..].windows(2).position(|two| two == b"\r\n") else { return Ok(None) };
        let digits = std::str::from_utf8(&bytes[at..at + line]).map_err(|_| "a chunk size that isn't text")?;
        let size = usize::from_str_radix(digits, 16).map_err(|_| format!("chunk size {digits:?}"))?;
        at += line + 2;
        let Some(piece) = bytes.get(at..at + size + 2) else { return Ok(None) };
        if !piece.ends_with(b"\r\n") {
            return Err("a chunk without its CR LF, or trailers".into());
        }
        data.extend_from_slice(&piece[..size]);
        at += size + 2;
        if size == 0 {
            return Ok(Some((data, at)));
        }
    }
}
