//! `/metrics` and `/health`.

use super::metrics;
use crate::failure::Failure;
use crate::runtime;
use barewire::http::{FieldName, FieldValue, Method, RequestEvent, Response, Status};
use barewire::http1::{Config, Server};
use barewire_splice::balance::Control;
use barewire_splice::{Metrics, listen};
use barewire_std::{Connection, Options, Stop, serve};
use core::net::SocketAddr;
use core::time::Duration;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// How long a thread may take to tell what it sees. One takes longer only if it is stuck.
const PATIENCE: Duration = Duration::from_secs(1);

const TEXT: FieldValue<'_> = FieldValue::literal("text/plain; version=0.0.4; charset=utf-8");
const NO_STORE: FieldValue<'_> = FieldValue::literal("no-store");

/// The server of the operator.
pub(super) struct Admin {
    pub(super) address: SocketAddr,
    stop: Stop,
    thread: JoinHandle<()>,
}

impl Admin {
    pub(super) fn start(at: SocketAddr, control: Control, metrics: Metrics) -> Result<Self, Failure> {
        let refused = |error| Failure::at(format_args!("cannot serve metrics on {at}"), error);
        // The process that takes over has the same port.
        let listeners = listen(at, 1).map_err(|error| runtime::refused(&at.to_string(), &error))?;
        let listener = listeners.into_iter().next().ok_or_else(|| Failure::new("cannot serve metrics"))?;
        let address = listener.local_addr().map_err(refused)?;
        let options = Options::builder().max_connections(16).grace(Duration::from_millis(200)).build();
        let options = options.map_err(|error| Failure::at("cannot serve metrics", error))?;
        let stop = Stop::new();
        let told = stop.clone();
        let run = move || {
            let handler = move |stream, _| answer(stream, &control, &metrics);
            serve(listener, &options, &told, handler);
        };
        let thread = thread::Builder::new().name("metrics".into()).spawn(run).map_err(refused)?;
        Ok(Self { address, stop, thread })
    }

    pub(super) fn stop(self) {
        self.stop.stop();
        // What it panicked of was told then.
        let _ = self.thread.join();
    }
}

fn answer(stream: Arc<TcpStream>, control: &Control, metrics: &Metrics) {
    let mut connection = Connection::new(stream, Server::new(Config::default()));
    while let Ok(Some(event)) = connection.next() {
        let RequestEvent::Request { id, head, .. } = event else { continue };
        let (status, body) = match (head.method(), head.target().path()) {
            (Method::GET | Method::HEAD, "/metrics") => {
                (Status::OK, metrics::text(&metrics.snapshot(), &control.view(PATIENCE)))
            }
            (Method::GET | Method::HEAD, "/health") => {
                if metrics::is_well(&control.view(PATIENCE)) {
                    (Status::OK, "ok\n".into())
                } else {
                    (Status::SERVICE_UNAVAILABLE, "no backend is well\n".into())
                }
            }
            (Method::GET | Method::HEAD, _) => (Status::NOT_FOUND, "There is /metrics and /health.\n".into()),
            _ => (Status::METHOD_NOT_ALLOWED, "This is only to be read.\n".into()),
        };
        let mut response =
            Response::new(status).field(FieldName::CONTENT_TYPE, TEXT).field(FieldName::CACHE_CONTROL, NO_STORE);
        if status == Status::METHOD_NOT_ALLOWED {
            response = response.field(FieldName::ALLOW, FieldValue::literal("GET, HEAD"));
        }
        if connection.machine_mut().respond_with(id, &response, body).is_err() {
            return;
        }
    }
}
