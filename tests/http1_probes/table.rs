//! What a case is: bytes that a client sends, and the one way in which they may be read.

use barewire::http1::{Config, ConfigBuilder};

/// One probe.
///
/// The application behind the server is an echo: it answers each complete request with 200 and the request's body.
#[derive(Clone)]
pub(crate) struct Case {
    /// What is special about it. Unique.
    pub(crate) name: String,
    /// Where that is written: the section, or the advisory that it would have caught.
    pub(crate) rule: &'static str,
    /// What the client sends.
    pub(crate) input: Vec<u8>,
    /// The final answers, in order.
    pub(crate) answers: Vec<Answer>,
    /// How it stands afterwards.
    pub(crate) end: End,
    /// What differs from the default configuration. Such a case can't run against the binary.
    pub(crate) config: Option<fn(ConfigBuilder) -> ConfigBuilder>,
    /// What the application does with a request for another protocol.
    pub(crate) switches: bool,
}

/// A final answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 200, after the application saw just this.
    Echo(Seen),
    /// One of these statuses; the application saw no such request to its end.
    Refuse(&'static [u16]),
}

/// A request as the application saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) body: Vec<u8>,
    /// Fields that must be there with just these values, each name as often as it stands here.
    pub(crate) fields: Vec<(&'static str, Vec<u8>)>,
    /// All the trailers.
    pub(crate) trailers: Vec<(String, Vec<u8>)>,
    /// Which host it is for, where that matters.
    pub(crate) host: Option<&'static str>,
}

/// How a connection stands when a case's bytes have been read and its answers given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Between two messages: another request would be answered, and an end of the stream is no fault.
    Open,
    /// In the middle of a message: nothing more is said until more comes. If the stream ends here, that is a 400.
    Waits,
    /// Closed by the server, whatever follows.
    Closes,
    /// Another protocol's, to which these bytes belong.
    Switched(Vec<u8>),
}

/// A case of which nothing is expected yet.
pub(crate) fn case(name: impl Into<String>, rule: &'static str, input: impl AsRef<[u8]>) -> Case {
    Case {
        name: name.into(),
        rule,
        input: input.as_ref().to_vec(),
        answers: Vec::new(),
        end: End::Open,
        config: None,
        switches: false,
    }
}

impl Case {
    /// The next answer is 200 to this request.
    pub(crate) fn echo(mut self, method: &str, target: &str, body: impl AsRef<[u8]>) -> Self {
        self.answers.push(Answer::Echo(Seen {
            method: method.into(),
            target: target.into(),
            body: body.as_ref().to_vec(),
            ..Seen::default()
        }));
        self
    }

    /// `GET /` without a body.
    pub(crate) fn get(self) -> Self {
        self.echo("GET", "/", "")
    }

    /// `POST /` with this body.
    pub(crate) fn post(self, body: impl AsRef<[u8]>) -> Self {
        self.echo("POST", "/", body)
    }

    fn last(&mut self) -> &mut Seen {
        match self.answers.last_mut() {
            Some(Answer::Echo(seen)) => seen,
            other => panic!("{other:?} has no fields"),
        }
    }

    /// The application saw this field, with this value, in the last request.
    pub(crate) fn field(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.last().fields.push((name, value.as_ref().to_vec()));
        self
    }

    /// The application saw this trailer in the last request.
    pub(crate) fn trailer(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.last().trailers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// The last request was for this host.
    pub(crate) fn host(mut self, host: &'static str) -> Self {
        self.last().host = Some(host);
        self
    }

    /// The next answer is one of `statuses`, and the connection is closed behind it.
    pub(crate) fn refuse(mut self, statuses: &'static [u16]) -> Self {
        self.answers.push(Answer::Refuse(statuses));
        self.end = End::Closes;
        self
    }

    /// The next answer is a 400, and the connection is closed behind it.
    pub(crate) fn bad(self) -> Self {
        self.refuse(&[400])
    }

    /// The server closes after the last answer.
    pub(crate) fn closes(mut self) -> Self {
        self.end = End::Closes;
        self
    }

    /// The message goes on.
    pub(crate) fn waits(mut self) -> Self {
        self.end = End::Waits;
        self
    }

    /// The application switches, and gets these bytes.
    pub(crate) fn switches_to(mut self, left: impl AsRef<[u8]>) -> Self {
        self.end = End::Switched(left.as_ref().to_vec());
        self.switches = true;
        self
    }

    /// With this configuration.
    pub(crate) fn with(mut self, config: fn(ConfigBuilder) -> ConfigBuilder) -> Self {
        self.config = Some(config);
        self
    }

    /// The configuration.
    pub(crate) fn configured(&self) -> Config {
        self.config.map_or_else(Config::default, |config| config(Config::builder()).build().unwrap())
    }

    /// How many answers are echoes: as many requests the application saw to their end.
    pub(crate) fn echoes(&self) -> impl Iterator<Item = &Seen> {
        self.answers.iter().filter_map(|answer| match answer {
            Answer::Echo(seen) => Some(seen),
            Answer::Refuse(_) => None,
        })
    }
}

/// `GET / HTTP/1.1` with `Host` and then `lines`, each with its own line end; and the empty line.
pub(crate) fn get(lines: impl AsRef<[u8]>) -> Vec<u8> {
    [b"GET / HTTP/1.1\r\nHost: h\r\n", lines.as_ref(), b"\r\n"].concat()
}

/// `POST / HTTP/1.1` with `Host` and then `lines`, each with its own line end; the empty line; and what follows it.
pub(crate) fn post(lines: impl AsRef<[u8]>, rest: impl AsRef<[u8]>) -> Vec<u8> {
    [b"POST / HTTP/1.1\r\nHost: h\r\n", lines.as_ref(), b"\r\n", rest.as_ref()].concat()
}

/// A chunked `POST`, and everything behind its head.
pub(crate) fn chunked(rest: impl AsRef<[u8]>) -> Vec<u8> {
    post("Transfer-Encoding: chunked\r\n", rest)
}

/// A request line, and a head that goes with it.
pub(crate) fn line(line: impl AsRef<[u8]>) -> Vec<u8> {
    [line.as_ref(), b"\r\nHost: h\r\n\r\n"].concat()
}
