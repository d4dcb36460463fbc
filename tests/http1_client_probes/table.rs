//! What a case is: what was asked, the bytes that come back, and the one way in which they may be read.

use barewire::http1::{Config, ConfigBuilder};

/// One probe.
#[derive(Clone)]
pub(crate) struct Case {
    /// What is special about it. Unique.
    pub(crate) name: String,
    /// Where that is written.
    pub(crate) rule: &'static str,
    /// The requests that are outstanding: methods; `UPGRADE` is a `GET` that offers another protocol.
    pub(crate) asked: &'static str,
    /// What the server sends.
    pub(crate) input: Vec<u8>,
    /// What the application hears of it, in order.
    pub(crate) heard: Vec<Heard>,
    pub(crate) end: End,
    /// What differs from the default configuration.
    pub(crate) config: Option<fn(ConfigBuilder) -> ConfigBuilder>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// An interim response.
    Interim(u16),
    /// A whole response.
    Response { status: u16, body: Vec<u8>, trailers: Vec<(String, Vec<u8>)>, fields: Vec<(String, Vec<u8>)> },
    /// The switch, and the bytes that are the other protocol's already.
    Switched(u16, Vec<u8>),
}

/// How it stands when the input is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The connection could take another request; its end is no fault.
    Idle,
    /// The connection is over, and nothing is wrong.
    Over,
    /// More must come. If the connection ends here, that is a fault.
    Waits,
    /// A body goes on until the connection ends: then the last response is complete.
    UntilClose,
    /// It is a fault: what was heard before stands, nothing more is heard.
    Fails,
}

pub(crate) fn case(name: impl Into<String>, rule: &'static str, asked: &'static str, input: impl AsRef<[u8]>) -> Case {
    let input = input.as_ref().to_vec();
    Case { name: name.into(), rule, asked, input, heard: Vec::new(), end: End::Idle, config: None }
}

impl Case {
    pub(crate) fn response(mut self, status: u16, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref().to_vec();
        self.heard.push(Heard::Response { status, body, trailers: Vec::new(), fields: Vec::new() });
        self
    }

    /// 200 with this body.
    pub(crate) fn ok(self, body: impl AsRef<[u8]>) -> Self {
        self.response(200, body)
    }

    pub(crate) fn trailer(mut self, name: &str, value: &str) -> Self {
        match self.heard.last_mut() {
            Some(Heard::Response { trailers, .. }) => trailers.push((name.into(), value.into())),
            other => panic!("{other:?} has no trailers"),
        }
        self
    }

    pub(crate) fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        match self.heard.last_mut() {
            Some(Heard::Response { fields, .. }) => fields.push((name.into(), value.as_ref().to_vec())),
            other => panic!("{other:?} has no fields"),
        }
        self
    }

    pub(crate) fn interim(mut self, status: u16) -> Self {
        self.heard.push(Heard::Interim(status));
        self
    }

    pub(crate) fn switched(mut self, status: u16, left: impl AsRef<[u8]>) -> Self {
        self.heard.push(Heard::Switched(status, left.as_ref().to_vec()));
        self.end = End::Over;
        self
    }

    pub(crate) fn over(mut self) -> Self {
        self.end = End::Over;
        self
    }

    pub(crate) fn waits(mut self) -> Self {
        self.end = End::Waits;
        self
    }

    pub(crate) fn until_close(mut self) -> Self {
        self.end = End::UntilClose;
        self
    }

    pub(crate) fn fails(mut self) -> Self {
        self.end = End::Fails;
        self
    }

    pub(crate) fn with(mut self, config: fn(ConfigBuilder) -> ConfigBuilder) -> Self {
        self.config = Some(config);
        self
    }

    pub(crate) fn configured(&self) -> Config {
        self.config.map_or_else(Config::default, |config| config(Config::builder()).build().unwrap())
    }
}
