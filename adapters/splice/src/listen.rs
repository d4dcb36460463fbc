use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen as begin, socket_with, sockopt};
use std::io;
use std::net::{SocketAddr, TcpListener};

/// How many connections wait to be accepted, at most; the system has a limit of its own.
const BACKLOG: i32 = 4096;

/// Listens on one address with several sockets, among which the system spreads connections: one for each thread.
///
/// With port 0, all get the port that the first was given.
///
/// # Errors
///
/// As the system says.
pub fn listen(address: SocketAddr, sockets: usize) -> io::Result<Vec<TcpListener>> {
    let mut address = address;
    let mut listeners = Vec::with_capacity(sockets);
    for _ in 0..sockets {
        let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        sockopt::set_socket_reuseport(&socket, true)?;
        bind(&socket, &address)?;
        begin(&socket, BACKLOG)?;
        let listener = TcpListener::from(socket);
        address = listener.local_addr()?;
        listeners.push(listener);
    }
    Ok(listeners)
}
