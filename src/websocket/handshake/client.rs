//! A client's end of a handshake, and nothing else.

use super::{Error, Negotiated, Opening};
use crate::http::{Body, ResponseEvent, ResponseHead};
use crate::{Instant, Link, Machine, Misuse, Next, http1};

/// What a [`Client`] hears.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// It is open: take the [`Link`] for the session.
    Open {
        /// What was agreed.
        negotiated: Negotiated,
        /// The response: a cookie may be in it.
        head: ResponseHead,
    },
    /// The server answered with another status than 101: it wants credentials, or the client to go elsewhere, or nothing
    /// of it. The connection is closed; who wants the body uses an [`http1::Client`].
    Refused(ResponseHead),
}

/// The client's end of one handshake. It begins by sending the request.
///
/// - **events**: [`next`](Machine::next): one, then [`Next::Done`]
///
/// ```
/// use barewire::websocket::handshake::{Client, ClientEvent, Config, Opening};
/// use barewire::{Instant, Machine, Next};
///
/// # let nonce = *b"the sample nonce";
/// let mut client = Client::new(Opening::new("localhost", "/ws", nonce, Config::default())?)?;
/// # client.link().rx.receive(b"HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
/// #     Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02hi".to_vec(), 0);
/// if let Next::Event(ClientEvent::Open { negotiated, .. }) = client.next(Instant::ORIGIN)? {
///     assert_eq!(negotiated.subprotocol, None);
///     let link = client.into_link(); // for the session
///     assert_eq!(link.rx.data(), b"\x81\x02hi");
/// #   return Ok(());
/// }
/// # panic!("not open");
/// # #[allow(unreachable_code)]
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Client {
    http: http1::Client,
    opening: Opening,
    over: bool,
}

impl Client {
    /// On a fresh connection.
    ///
    /// # Errors
    ///
    /// As [`with_link`](Self::with_link).
    pub fn new(opening: Opening) -> Result<Self, Misuse> {
        Self::with_link(Link::new(), opening)
    }

    /// On a connection that is in use already: behind a tunnel.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`] when the link was closed; [`Misuse::Invalid`] for a request that HTTP/1 can't send: a field
    /// was added that contradicts the engine.
    pub fn with_link(link: Link, opening: Opening) -> Result<Self, Misuse> {
        let mut http = http1::Client::with_link(link, opening.config().http.0.clone());
        http.request(opening.request(), Body::Empty)?;
        Ok(Self { http, opening, over: false })
    }

    /// Takes the link, with whatever is in it: the frames that came with the response.
    #[must_use]
    pub fn into_link(self) -> Link {
        self.http.into_link()
    }

    /// Ends our side.
    fn close(&mut self) {
        self.http.link().tx.fin();
        self.over = true;
    }
}

impl Machine for Client {
    type Event = ClientEvent;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        self.http.link()
    }

    fn next(&mut self, now: Instant) -> Result<Next<ClientEvent>, Error> {
        while !self.over {
            match self.http.next(now)?.event() {
                Err(need) => return Ok(need),
                Ok(ResponseEvent::Upgraded { head, .. }) => {
                    let verdict = self.opening.verify(&head);
                    if verdict.is_err() {
                        self.close();
                    }
                    self.over = true;
                    let negotiated = verdict.map_err(Error::Response)?;
                    return Ok(Next::Event(ClientEvent::Open { negotiated, head }));
                }
                Ok(ResponseEvent::Response { head, .. }) => {
                    self.close();
                    return Ok(Next::Event(ClientEvent::Refused(head)));
                }
                // Interim responses: 103 has nothing to say to a WebSocket.
                Ok(_) => {}
            }
        }
        Ok(Next::Done)
    }

    fn deadline(&self) -> Option<Instant> {
        if self.over { None } else { self.http.deadline() }
    }
}
