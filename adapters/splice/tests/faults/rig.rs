//! A backend, and a way to it.

use barewire::balance::relay::Config;
use barewire_splice::{Address, Fixed, Metrics, Options, Stop, listen, serve};
use core::time::Duration;
use rustix::net::sockopt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// What is between a client and its backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Nothing,
    /// The server, with its own choice of copying and splicing.
    Server,
    /// The same, splicing from the second read on.
    Splicing,
    /// Futures on async-io, which splice too.
    Smol,
    Tokio,
    Threads,
}

pub(crate) const ALL: [Via; 6] = [Via::Nothing, Via::Server, Via::Splicing, Via::Smol, Via::Tokio, Via::Threads];

/// A way to a backend, for as long as it lives.
pub(crate) struct Rig {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Metrics,
    stop: Stop,
    threads: Vec<JoinHandle<()>>,
}

impl Rig {
    /// To a backend that handles each connection in a thread of its own.
    pub(crate) fn new(via: Via, handler: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let backend = listener.local_addr().unwrap();
        let handler = Arc::new(handler);
        // It ends with the process: it may wait for a connection that never comes.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let handler = Arc::clone(&handler);
                thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                    handler(stream);
                });
            }
        });
        Self::to(via, backend)
    }

    /// To what listens there.
    pub(crate) fn to(via: Via, backend: SocketAddr) -> Self {
        let (stop, metrics) = (Stop::new(), Metrics::new());
        let mut rig = Self { address: backend, metrics, stop, threads: Vec::new() };
        match via {
            Via::Nothing => {}
            Via::Server => rig.splice(backend.into(), Config::default()),
            Via::Splicing => rig.splice(backend.into(), Config::builder().up_after(0).down_under(0).build().unwrap()),
            Via::Smol => rig.smol(backend),
            Via::Tokio => rig.tokio(backend),
            Via::Threads => rig.threads(backend),
        }
        rig
    }

    pub(crate) fn over_unix(to: Address, config: Config) -> Self {
        let address = "127.0.0.1:0".parse().unwrap();
        let mut rig = Self { address, metrics: Metrics::new(), stop: Stop::new(), threads: Vec::new() };
        rig.splice(to, config);
        rig
    }

    fn run(&mut self, run: impl FnOnce() + Send + 'static) {
        self.threads.push(thread::spawn(run));
    }

    fn splice(&mut self, to: Address, config: Config) {
        let listeners = listen("127.0.0.1:0".parse().unwrap(), 1).unwrap();
        self.address = listeners[0].local_addr().unwrap();
        let options = Options::builder().relay(config).grace(Duration::ZERO).build().unwrap();
        let (stop, metrics) = (self.stop.clone(), self.metrics.clone());
        self.run(move || {
            serve(listeners, |_| Fixed::new(to.clone()), &options, &stop, &metrics).unwrap();
        });
    }

    fn smol(&mut self, backend: SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        self.address = listener.local_addr().unwrap();
        let stop = self.stop.clone();
        let config = Config::builder().up_after(0).down_under(0).build().unwrap();
        self.run(move || {
            smol::block_on(async {
                let listener = smol::Async::new(listener).unwrap();
                let accept = async {
                    loop {
                        let Ok((client, _)) = listener.accept().await else { continue };
                        let config = config.clone();
                        smol::spawn(async move {
                            // The system's own connect: the runtime's takes a reset that comes with the answer for a
                            // refusal.
                            if let Ok(backend) = TcpStream::connect(backend) {
                                let backend = smol::Async::new(backend).unwrap();
                                barewire_splice::relay(client, backend, &config).await;
                            }
                        })
                        .detach();
                    }
                };
                smol::future::or(accept, stop.stopped()).await;
            });
        });
    }

    fn tokio(&mut self, backend: SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        self.address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let stop = self.stop.clone();
        self.run(move || {
            let options = barewire_tokio::Options::builder().grace(Duration::ZERO).build().unwrap();
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                barewire_tokio::serve(listener, &options, &stop, move |client, _| async move {
                    if let Ok(backend) = TcpStream::connect(backend) {
                        backend.set_nonblocking(true).unwrap();
                        let backend = tokio::net::TcpStream::from_std(backend).unwrap();
                        barewire_tokio::relay(client, backend, &Config::default()).await;
                    }
                })
                .await;
            });
        });
    }

    fn threads(&mut self, backend: SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        self.address = listener.local_addr().unwrap();
        let stop = self.stop.clone();
        self.run(move || {
            let options = barewire_std::Options::builder().grace(Duration::ZERO).build().unwrap();
            let cut = stop.clone();
            barewire_std::serve(listener, &options, &stop, move |client, _| {
                if let Ok(backend) = TcpStream::connect(backend) {
                    barewire_std::relay(client, backend, &Config::default(), Some(&cut)).unwrap();
                }
            });
        });
    }

    pub(crate) fn client(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.stop();
        for thread in self.threads.drain(..) {
            let ended = thread.join();
            if !thread::panicking() {
                ended.unwrap();
            }
        }
    }
}

/// How a stream went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    Fin,
    Reset,
    Other(ErrorKind),
}

/// Reads to the end: what came, and how that ended.
pub(crate) fn drain(mut stream: &TcpStream) -> (Vec<u8>, Last) {
    let mut all = Vec::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (all, Last::Fin),
            Ok(n) => all.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return (all, Last::Reset),
            Err(error) => return (all, Last::Other(error.kind())),
        }
    }
}

pub(crate) fn echo(mut stream: TcpStream) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..n]).is_err() {
            return;
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
}

/// Closes with a reset.
pub(crate) fn reset(stream: TcpStream) {
    sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    drop(stream);
}

/// Bytes that look like none of their neighbours, from any offset on.
pub(crate) fn content(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let block: Vec<u8> = (0..100_003)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect();
    let mut all = block.repeat(len / block.len() + 1);
    all.truncate(len);
    all
}

/// Sends all of it from a thread, and then ends the stream.
pub(crate) fn send(stream: &TcpStream, bytes: Vec<u8>) -> JoinHandle<io::Result<()>> {
    let mut stream = stream.try_clone().unwrap();
    thread::spawn(move || {
        stream.write_all(&bytes)?;
        stream.shutdown(Shutdown::Write)
    })
}

/// Waits until it is so.
#[track_caller]
pub(crate) fn soon(limit: Duration, mut is_so: impl FnMut() -> bool) {
    let begin = std::time::Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < limit, "not within {limit:?}");
        thread::sleep(Duration::from_millis(5));
    }
}
