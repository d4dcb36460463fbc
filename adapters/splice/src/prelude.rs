//! What a client says before anybody decides about it: a PROXY preamble, a ClientHello.

use crate::route::{Peer, Wants};
use barewire::balance::client_hello::{self, Peek};
use barewire::balance::proxy::{self, Reader};
use barewire::{Instant, Link, Machine, Next};
use core::mem;
use rustix::io::{Errno, retry_on_intr};
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::os::fd::OwnedFd;

/// It looks at what is in the socket and leaves it there, but for the PROXY preamble. So nothing has to be given to the
/// relay, and a client that sends slowly takes no memory of ours but what a machine has to remember.
#[derive(Debug)]
pub(crate) struct Prelude {
    peer: Peer,
    stage: Stage,
    /// Wanted once the preamble is off.
    hello: Option<client_hello::Config>,
    /// How many of the bytes in the socket the machine has.
    seen: usize,
    ended: bool,
}

#[derive(Debug)]
enum Stage {
    Proxy(Reader),
    Hello(Peek),
    Over,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Heard {
    Enough,
    Wait(Option<Instant>),
    Wrong,
}

impl Prelude {
    /// Or the peer, if nothing is wanted.
    pub(crate) fn new(peer: Peer, wants: Wants) -> Result<Self, Peer> {
        let stage = match (wants.proxy, wants.hello.as_ref(), peer.address) {
            (Some(config), _, Some(address)) if config.trusts(address.ip()) => {
                Stage::Proxy(Reader::new(address.ip(), config))
            }
            (_, Some(config), _) => Stage::Hello(Peek::new(config.clone())),
            _ => return Err(peer),
        };
        Ok(Self { peer, stage, hello: wants.hello, seen: 0, ended: false })
    }

    pub(crate) fn into_peer(self) -> Peer {
        self.peer
    }

    /// The client has ended its stream: what is in the socket is all.
    pub(crate) fn ended(&mut self) {
        self.ended = true;
    }

    pub(crate) fn hear(&mut self, client: &OwnedFd, scratch: &mut [u8], now: Instant) -> Heard {
        match retry_on_intr(|| recv(client, &mut *scratch, RecvFlags::PEEK)) {
            Ok((there, _)) => {
                let (seen, ended) = (self.seen, self.ended || there == 0);
                let Some(link) = self.link() else { return Heard::Enough };
                let news = scratch.get(seen..there).unwrap_or_default();
                let news = &news[..news.len().min(link.rx.room())];
                if !news.is_empty() {
                    drop(link.rx.receive(news.to_vec(), 0));
                } else if ended {
                    link.rx.close();
                }
                self.seen += news.len();
            }
            Err(Errno::AGAIN) => {}
            Err(_) => return Heard::Wrong,
        }
        loop {
            return match &mut self.stage {
                Stage::Over => Heard::Enough,
                Stage::Proxy(reader) => match reader.next(now) {
                    Ok(Next::Event(event)) => {
                        if self.introduced(event, client, scratch) {
                            continue;
                        }
                        Heard::Wrong
                    }
                    Ok(Next::NeedInput) => Heard::Wait(reader.deadline()),
                    _ => Heard::Wrong,
                },
                Stage::Hello(peek) => match peek.next(now) {
                    Ok(Next::Event(client_hello::Event::Hello(hello))) => {
                        self.peer.hello = Some(Box::new(hello));
                        Heard::Enough
                    }
                    Ok(Next::Event(_)) => Heard::Enough,
                    Ok(Next::NeedInput) => Heard::Wait(peek.deadline()),
                    Ok(_) => Heard::Wrong,
                    Err(_) => {
                        if let Some(alert) = peek.link().tx.pop() {
                            // It has room for seven bytes, or the client is gone.
                            let _ = send(client, &alert, SendFlags::NOSIGNAL);
                        }
                        Heard::Wrong
                    }
                },
            };
        }
    }

    fn link(&mut self) -> Option<&mut Link> {
        match &mut self.stage {
            Stage::Proxy(reader) => Some(reader.link()),
            Stage::Hello(peek) => Some(peek.link()),
            Stage::Over => None,
        }
    }

    /// Takes the preamble off the socket. A ClientHello may follow it. `false` if the socket doesn't give it.
    fn introduced(&mut self, event: proxy::Event, client: &OwnedFd, scratch: &mut [u8]) -> bool {
        let Stage::Proxy(reader) = mem::replace(&mut self.stage, Stage::Over) else { return true };
        let link = reader.into_link();
        if let proxy::Event::Header(header) = event {
            let mut left = self.seen - link.rx.len();
            while left > 0 {
                let most = left.min(scratch.len());
                match retry_on_intr(|| recv(client, &mut scratch[..most], RecvFlags::empty())) {
                    Ok((taken, _)) if taken > 0 => left -= taken,
                    _ => return false,
                }
            }
            self.seen = link.rx.len();
            if let Some(source) = header.addresses().source().filter(|_| !header.is_local()) {
                self.peer.address = Some(source);
            }
            self.peer.header = Some(Box::new(header));
        }
        if let Some(config) = &self.hello {
            self.stage = Stage::Hello(Peek::with_link(link, config.clone()));
        }
        true
    }
}
