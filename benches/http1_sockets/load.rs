//! The load client, and nginx for it.

use barewire_benches::http::SMALL;
use barewire_benches::process::{Server, Turn};
use rustix::event::epoll;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What to ask of a server.
pub struct Load {
    pub connections: usize,
    /// Requests in flight on each.
    pub depth: usize,
    pub requests: usize,
}

impl Load {
    pub fn turn(&self, server: &Server) -> Turn {
        let mut streams: Vec<_> = (0..self.connections).map(|_| connect(server.at())).collect();
        let reply = reply_length(&mut streams);
        server.measure(|| run(&mut streams, self, reply))
    }
}

/// nginx with one process that does it all, if there is an nginx.
pub fn nginx() -> Option<Server> {
    let dir = std::env::temp_dir().join(format!("barewire-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = format!(
        "daemon off; master_process off; worker_processes 1; pid {dir}/pid; error_log {dir}/error crit;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; keepalive_requests 1000000000; default_type text/plain;\n\
         server {{ listen {at}; location / {{ return 200 \"Hello, World!\"; }} }} }}\n",
        dir = dir.display(),
    );
    let file = dir.join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].into_iter().find(|path| Path::new(path).exists());
    let child = program.map(|nginx| Command::new(nginx).arg("-p").arg(&dir).arg("-c").arg(&file).spawn());
    let Some(Ok(child)) = child else {
        println!("NO NGINX HERE: it is missing from the comparison");
        return None;
    };
    let server = Server::running("nginx", child, at);
    let end = Instant::now() + Duration::from_secs(5);
    while TcpStream::connect(at).is_err() {
        assert!(Instant::now() < end, "nginx doesn't listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    Some(server)
}

fn connect(at: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(at).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Asks on each connection once, and returns how long the reply is: the same for every request.
fn reply_length(streams: &mut [TcpStream]) -> usize {
    let mut buffer = [0; 4096];
    let mut length = 0;
    for stream in streams {
        stream.write_all(SMALL).unwrap();
        let mut filled = 0;
        while !buffer[..filled].ends_with(b"Hello, World!") {
            let n = stream.read(&mut buffer[filled..]).unwrap();
            assert!(n > 0, "the server hung up");
            filled += n;
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200 "));
        length = filled;
        stream.set_nonblocking(true).unwrap();
    }
    length
}

fn run(streams: &mut [TcpStream], load: &Load, reply: usize) {
    let requests = SMALL.repeat(load.depth);
    let mut to_send = load.requests / load.depth;
    let mut open = 0;
    let mut due = vec![0; streams.len()];
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    for (at, stream) in streams.iter_mut().enumerate() {
        epoll::add(&poll, &*stream, epoll::EventData::new_u64(at as u64), epoll::EventFlags::IN).unwrap();
        stream.write_all(&requests).unwrap();
        due[at] = reply * load.depth;
        open += 1;
        to_send -= 1;
    }
    let mut buffer = vec![0; 64 << 10];
    let mut events = Vec::with_capacity(64);
    while open > 0 {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None).unwrap();
        for event in &events {
            let at = event.data.u64() as usize;
            let stream = &mut streams[at];
            match stream.read(&mut buffer) {
                Ok(0) => panic!("the server hung up"),
                Ok(n) => due[at] -= n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
            if due[at] > 0 {
                continue;
            }
            open -= 1;
            if to_send > 0 {
                stream.write_all(&requests).unwrap();
                due[at] = reply * load.depth;
                open += 1;
                to_send -= 1;
            }
        }
    }
}
