//! The servers, each written as its users would.

use barewire::Next;
use barewire::http::{RequestEvent, Response, Status};
use barewire::http1::{Config, Server};
use barewire_benches::http::BODY;
use barewire_benches::process::{announce, listen, on_tokio};
use bytes::Bytes;
use std::convert::Infallible;
use std::io::{self, Write};
use std::net::TcpListener;

/// The first is what the others are compared with: hyper at its best, with `pipeline_flush`.
pub const ALL: &[(&str, fn())] = &[
    ("hyper, tokio, flush held", || hyper(true)),
    ("hyper, tokio, defaults", || hyper(false)),
    ("barewire, tokio", tokio_barewire),
    ("barewire, tokio, next_ref", tokio_barewire_lent),
    ("barewire, smol", smol_barewire),
    ("barewire, std", std_barewire),
    ("actix-web", actix),
    ("may_minihttp", may),
    ("floor: epoll, httparse", epoll_by_hand),
];

fn config() -> Config {
    Config::builder().unix_at_origin(Some(barewire_drive::unix_at_origin())).build().unwrap()
}

fn hello() -> (Response, Bytes) {
    (Response::new(Status::OK), Bytes::from_static(BODY))
}

fn tokio_barewire() {
    use barewire_tokio::{Connection, Options, Stop, serve};
    let config = config();
    on_tokio(|listener| async move {
        serve(listener, &Options::default(), &Stop::new(), move |stream, _| {
            let mut connection = Connection::new(stream, Server::new(config.clone()));
            async move {
                while let Ok(Some(event)) = connection.next().await {
                    if let RequestEvent::End { id, .. } = event {
                        let (head, body) = hello();
                        connection.respond_with(id, &head, body).unwrap();
                    }
                }
            }
        })
        .await
    });
}

fn tokio_barewire_lent() {
    use barewire_tokio::{Connection, Options, Stop, serve};
    let config = config();
    on_tokio(|listener| async move {
        serve(listener, &Options::default(), &Stop::new(), move |stream, _| {
            let mut connection = Connection::new(stream, Server::new(config.clone()));
            async move {
                loop {
                    let now = connection.now();
                    let need = match connection.next_ref(now) {
                        Ok(Next::Event(RequestEvent::End { id, .. })) => {
                            let (head, body) = hello();
                            connection.respond_with(id, &head, body).unwrap();
                            continue;
                        }
                        Ok(Next::Event(_)) => continue,
                        Ok(need) => need.map(drop),
                        Err(_) => Next::Done,
                    };
                    if !connection.wait(need).await.unwrap_or(false) {
                        break;
                    }
                }
            }
        })
        .await
    });
}

fn smol_barewire() {
    use barewire_smol::{Connection, Options, Stop, serve};
    let config = config();
    smol::block_on(async {
        let listener = smol::net::TcpListener::try_from(listen()).unwrap();
        serve(listener, &Options::default(), &Stop::new(), move |stream, _| {
            let mut connection = Connection::new(stream, Server::new(config.clone()));
            async move {
                while let Ok(Some(event)) = connection.next().await {
                    if let RequestEvent::End { id, .. } = event {
                        let (head, body) = hello();
                        connection.respond_with(id, &head, body).unwrap();
                    }
                }
            }
        })
        .await
    });
}

fn std_barewire() {
    use barewire_std::{Connection, Options, Stop, serve};
    let config = config();
    serve(listen(), &Options::default(), &Stop::new(), move |stream, _| {
        let mut connection = Connection::new(stream, Server::new(config.clone()));
        while let Ok(Some(event)) = connection.next() {
            if let RequestEvent::End { id, .. } = event {
                let (head, body) = hello();
                connection.respond_with(id, &head, body).unwrap();
            }
        }
    });
}

fn hyper(pipeline_flush: bool) {
    use hyper::server::conn::http1::Builder;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    on_tokio(|listener| async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let service = service_fn(async |_: hyper::Request<hyper::body::Incoming>| {
                Ok::<_, Infallible>(hyper::Response::new(http_body_util::Full::new(Bytes::from_static(BODY))))
            });
            let mut builder = Builder::new();
            builder.pipeline_flush(pipeline_flush);
            tokio::spawn(async move {
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

fn actix() {
    use actix_web::{App, HttpResponse, HttpServer, rt, web};
    let server = || App::new().route("/", web::get().to(async || HttpResponse::Ok().body(Bytes::from_static(BODY))));
    let listener = listen();
    rt::System::new().block_on(HttpServer::new(server).workers(1).listen(listener).unwrap().run()).unwrap();
}

#[derive(Clone)]
struct Hello;

impl may_minihttp::HttpService for Hello {
    fn call(&mut self, _: may_minihttp::Request, reply: &mut may_minihttp::Response) -> io::Result<()> {
        reply.body("Hello, World!");
        Ok(())
    }
}

fn may() {
    may::config().set_workers(1);
    // It binds itself.
    let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = may_minihttp::HttpServer(Hello).start(at).unwrap();
    announce(at);
    let _ = server.join();
}

/// The least that a server does: wait, read, find the heads' ends, copy a fixed reply, write.
fn epoll_by_hand() {
    use rustix::event::epoll;
    use std::collections::HashMap;
    use std::io::Read;
    const FIXED: &[u8] =
        b"HTTP/1.1 200 OK\r\ndate: Fri, 15 Jan 2027 08:00:00 GMT\r\ncontent-length: 13\r\n\r\nHello, World!";
    let listener = listen();
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    epoll::add(&poll, &listener, epoll::EventData::new_u64(0), epoll::EventFlags::IN).unwrap();
    let mut streams = HashMap::new();
    let mut name = 0;
    let mut events = Vec::with_capacity(64);
    let (mut buffer, mut replies) = (vec![0; 16 << 10], Vec::new());
    loop {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None).unwrap();
        for event in &events {
            let event = event.data.u64();
            if event == 0 {
                let (stream, _) = listener.accept().unwrap();
                stream.set_nonblocking(true).unwrap();
                stream.set_nodelay(true).unwrap();
                name += 1;
                epoll::add(&poll, &stream, epoll::EventData::new_u64(name), epoll::EventFlags::IN).unwrap();
                streams.insert(name, stream);
                continue;
            }
            let stream = streams.get_mut(&event).unwrap();
            let n = match stream.read(&mut buffer) {
                Ok(0) | Err(_) => {
                    streams.remove(&event);
                    continue;
                }
                Ok(n) => n,
            };
            let mut rest = &buffer[..n];
            replies.clear();
            while !rest.is_empty() {
                let mut headers = [httparse::EMPTY_HEADER; 16];
                let mut request = httparse::Request::new(&mut headers);
                rest = &rest[request.parse(rest).unwrap().unwrap()..];
                replies.extend_from_slice(FIXED);
            }
            stream.write_all(&replies).unwrap();
        }
    }
}
