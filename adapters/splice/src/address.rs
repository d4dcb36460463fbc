use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with, sockopt};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

/// Where a backend listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// TCP.
    Tcp(SocketAddr),
    /// A local stream socket.
    Unix(PathBuf),
}

impl Address {
    /// A socket, unconnected.
    pub(crate) fn socket(&self) -> io::Result<OwnedFd> {
        let family = match self {
            Self::Tcp(SocketAddr::V4(_)) => AddressFamily::INET,
            Self::Tcp(SocketAddr::V6(_)) => AddressFamily::INET6,
            Self::Unix(_) => AddressFamily::UNIX,
        };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        Ok(socket_with(family, SocketType::STREAM, flags, None)?)
    }

    /// Begins to connect it. True if it is connected already.
    pub(crate) fn connect(&self, socket: &OwnedFd) -> io::Result<bool> {
        let result = match self {
            Self::Tcp(address) => {
                sockopt::set_tcp_nodelay(socket, true)?;
                connect(socket, address)
            }
            Self::Unix(path) => connect(socket, &SocketAddrUnix::new(path)?),
        };
        match result {
            Ok(()) => Ok(true),
            Err(Errno::INPROGRESS) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}
