//! Checks of backends, on smol's executor.

use crate::Address;
use barewire::balance::Check;
use barewire::balance::proxy::Header;
use barewire::http::{Body, FieldName, FieldValue, Method, Request, ResponseEvent, Target};
use barewire::http1::{Client, Config};
use barewire::{Link, Misuse};
use barewire_smol::Connection;
use core::time::Duration;
use smol::future::FutureExt;
use smol::io::{AsyncRead, AsyncWrite};
use smol::net::TcpStream;
use smol::net::unix::UnixStream;
use std::io;

/// What a check by HTTP asks, and which answer is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpCheck {
    /// The path, with its query.
    pub path: String,
    /// The Host field.
    pub host: String,
    /// The first status that is well, and the last.
    pub statuses: (u16, u16),
}

impl Default for HttpCheck {
    fn default() -> Self {
        Self { path: "/".into(), host: "localhost".into(), statuses: (200, 399) }
    }
}

impl HttpCheck {
    fn request(&self) -> Option<Request> {
        let target = Target::new(&self.path).ok()?;
        let mut request = Request::new(Method::GET, target).close();
        request.add(FieldName::HOST, FieldValue::new(&self.host).ok()?);
        request.add(FieldName::USER_AGENT, FieldValue::literal("barewire-check"));
        Some(request)
    }

    /// Whether it can be asked.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let (first, last) = self.statuses;
        let asked = self.request().map(|request| Client::new(Config::default()).request(&request, Body::Empty));
        asked.is_some_and(|asked: Result<_, Misuse>| asked.is_ok()) && 100 <= first && first <= last && last <= 999
    }

    async fn ask<S: AsyncRead + AsyncWrite + Unpin + 'static>(&self, stream: S, proxied: bool) -> bool {
        let Some(request) = self.request() else { return false };
        let mut link = Link::new();
        if proxied {
            // "the connection was established on purpose by the proxy without being relayed" (§2.2).
            link.tx.put(&Header::local().encode());
        }
        let mut client = Client::with_link(link, Config::default());
        if client.request(&request, Body::Empty).is_err() {
            return false;
        }
        let mut connection = Connection::new(stream, client);
        while let Ok(Some(event)) = connection.next().await {
            if let ResponseEvent::Response { head, .. } = event {
                let (first, last) = self.statuses;
                return (first..=last).contains(&head.status().code());
            }
        }
        false
    }
}

/// Checks one backend, within this time.
pub(super) async fn run(to: Address, how: Check, http: HttpCheck, proxied: bool, patience: Duration) -> bool {
    let check = async {
        match (how, to) {
            (Check::Http, Address::Tcp(address)) => Ok(http.ask(TcpStream::connect(address).await?, proxied).await),
            (Check::Http, Address::Unix(path)) => Ok(http.ask(UnixStream::connect(path).await?, proxied).await),
            (_, Address::Tcp(address)) => TcpStream::connect(address).await.map(|_| true),
            (_, Address::Unix(path)) => UnixStream::connect(path).await.map(|_| true),
        }
    };
    let late = async {
        smol::Timer::after(patience).await;
        io::Result::Ok(false)
    };
    check.or(late).await.unwrap_or(false)
}
