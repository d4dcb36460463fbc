use super::{App, Http, Messages, Site, Sockets, http};
use barewire::detect::{self, Detect, Protocol};
use barewire::{Instant, Link, Machine, Next, http1, message};
use core::convert::Infallible;
use core::fmt;
use core::time::Duration;
use std::sync::Arc;

/// What each protocol of a port is served with.
#[derive(Clone, Debug)]
pub(crate) struct Configs {
    pub(crate) detect: detect::Config,
    pub(crate) http: http1::Config,
    pub(crate) message: message::Config,
    pub(crate) sockets: Arc<Sockets>,
    /// How long a peer may be too slow in taking what is sent.
    pub(crate) patience: Option<Duration>,
}

/// One port for several protocols: a connection's first bytes say which.
pub(crate) struct Port {
    configs: Arc<Configs>,
    state: State,
}

#[expect(clippy::large_enum_variant, reason = "nearly every connection is of the large kind soon")]
enum State {
    Looking(Detect),
    Http(Http<Site>),
    Messages(Messages),
    /// Nothing that is spoken here, or nothing any more.
    Over(Link),
}

impl Port {
    pub(crate) fn new(configs: Arc<Configs>) -> Self {
        let state = State::Looking(Detect::new(configs.detect.clone()));
        Self { configs, state }
    }

    fn become_one(&mut self, protocol: Protocol) {
        tracing::debug!(?protocol, "detected");
        let mut link = core::mem::take(self.link());
        let Configs { http, message, sockets, patience, .. } = &*self.configs;
        self.state = match protocol {
            Protocol::Message => State::Messages(Messages::with_link(link, message.clone(), *patience)),
            Protocol::Tls => {
                link.tx.fin();
                State::Over(link)
            }
            // What is nothing else either deserves a 400 with a reason, or a 505 if it is HTTP/2.
            _ => State::Http(Http::with_link(link, http.clone(), *patience, Site, Arc::clone(sockets))),
        };
    }
}

impl App for Port {
    fn stop(&mut self) {
        match &mut self.state {
            State::Looking(detect) => {
                let mut link = core::mem::take(detect.link());
                link.tx.fin();
                self.state = State::Over(link);
            }
            State::Http(http) => http.stop(),
            State::Messages(messages) => messages.stop(),
            State::Over(_) => {}
        }
    }
}

impl Machine for Port {
    type Event = Infallible;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        match &mut self.state {
            State::Looking(detect) => detect.link(),
            State::Http(http) => http.link(),
            State::Messages(messages) => messages.link(),
            State::Over(link) => link,
        }
    }

    fn next(&mut self, now: Instant) -> Result<Next<Infallible>, Error> {
        loop {
            let detected = match &mut self.state {
                State::Looking(detect) => detect.next(now).map_err(Error::Detect)?,
                State::Http(http) => return http.next(now).map_err(Error::Http),
                State::Messages(messages) => return messages.next(now).map_err(Error::Message),
                State::Over(_) => return Ok(Next::Done),
            };
            match detected.event() {
                Ok(protocol) => self.become_one(protocol),
                Err(need) => return Ok(need),
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Looking(detect) => detect.deadline(),
            State::Http(http) => http.deadline(),
            State::Messages(messages) => messages.deadline(),
            State::Over(_) => None,
        }
    }
}

/// How a peer broke whichever protocol it spoke.
#[derive(Clone, Debug)]
pub(crate) enum Error {
    Detect(detect::Error),
    Http(http::Error),
    Message(message::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Detect(error) => error.fmt(f),
            Self::Http(error) => error.fmt(f),
            Self::Message(error) => error.fmt(f),
        }
    }
}
